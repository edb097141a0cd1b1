use time::{Duration, OffsetDateTime};

use super::attempt::End;
use super::backoff::pause;
use super::claim::{Turn, claim};
use super::desk::{Desk, chain};
use super::handlers::Handlers;
use super::model::{JobRecord, JobStatus, Leased};
use super::unknown;
use crate::Deps;
use crate::shared::RepositoryError;

/// How a worker goes about its jobs.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// How long a lease lasts unless it is renewed: so long after its death a worker's jobs are taken over.
    pub lease: Duration,
    /// The most jobs at a time.
    pub hands: u32,
    /// The most jobs of one tenant at its turn.
    pub turn: u32,
    /// The most jobs of one tenant that all workers together have in hand.
    pub in_hand: u32,
    /// How often a job is begun before it is given up, where its kind does not say.
    pub max_attempts: u32,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Done.
    pub done: u32,
    /// Failed, and to be tried again.
    pub failed: u32,
    /// Given up.
    pub dead: u32,
    /// Kept for later: their tenant is not in use, or nobody here knows their kind.
    pub put_off: u32,
    /// Left to another worker: the lease had run out.
    pub lost: u32,
}

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Failed, and to be tried again.
    Failed,
    /// Given up.
    Dead,
    /// Kept for later: its tenant is not in use, or nobody here knows its kind.
    PutOff,
    /// Left to another worker.
    Lost,
}

impl RunReport {
    fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Done => &mut self.done,
            Outcome::Failed => &mut self.failed,
            Outcome::Dead => &mut self.dead,
            Outcome::PutOff => &mut self.put_off,
            Outcome::Lost => &mut self.lost,
        } += 1;
    }
}

/// Makes an attempt at a leased job, and stores how it ended. Whatever goes wrong concerns this job alone.
pub async fn work(deps: &Deps, handlers: &Handlers, settings: &WorkerSettings, leased: &Leased) -> Outcome {
    let desk = Desk::of(leased);
    told(leased, attempt(deps, handlers, settings, &desk).await)
}

/// Notes an attempt that was broken off before it could end (it took too long, its handler panicked) as failed.
pub async fn broken_off(
    deps: &Deps,
    handlers: &Handlers,
    settings: &WorkerSettings,
    leased: &Leased,
    why: &'static str,
) -> Outcome {
    let desk = Desk::of(leased);
    let noted = async {
        match desk.look(deps).await? {
            Some((job, _)) => fail(deps, handlers, settings, &desk, &job, why).await,
            None => Ok(Outcome::Lost),
        }
    };
    told(leased, noted.await)
}

/// Claims jobs that are due and does them one after the other.
///
/// # Errors
///
/// As [`claim`]; later failures are counted in the report.
pub async fn run_due(
    deps: &Deps,
    handlers: &Handlers,
    settings: &WorkerSettings,
) -> Result<RunReport, RepositoryError> {
    let mut report = RunReport::default();
    for leased in claim(deps, settings, &[], &mut Turn::default()).await? {
        report.count(work(deps, handlers, settings, &leased).await);
    }
    Ok(report)
}

/// Deletes for good, some at a time, the jobs that ended like this before an instant; answers how many.
///
/// # Errors
///
/// Those of the database.
pub async fn purge(deps: &Deps, ended: JobStatus, before: OffsetDateTime) -> Result<u64, RepositoryError> {
    const AT_A_TIME: u32 = 500;
    let mut purged = 0;
    loop {
        let gone = deps.db.dispatcher().purge(ended, before, AT_A_TIME).await?;
        purged += gone;
        if gone < u64::from(AT_A_TIME) {
            return Ok(purged);
        }
    }
}

fn told(leased: &Leased, outcome: Result<Outcome, RepositoryError>) -> Outcome {
    match outcome {
        Ok(outcome) => outcome,
        // Only the holder of the current lease can note an end: another worker has the job now.
        Err(RepositoryError::Stale) => Outcome::Lost,
        Err(error) => {
            let (job, tenant) = (leased.job_id(), leased.tenant_id().map(tracing::field::display));
            tracing::error!(%job, tenant, error = chain(&error), "the job comes again when its lease has run out");
            Outcome::Failed
        }
    }
}

async fn attempt(
    deps: &Deps,
    handlers: &Handlers,
    settings: &WorkerSettings,
    desk: &Desk<'_>,
) -> Result<Outcome, RepositoryError> {
    let Some((job, in_use)) = desk.look(deps).await? else {
        return Ok(Outcome::Lost);
    };
    if !in_use {
        deps.db.dispatcher().hand_back(&[*desk.leased()]).await?;
        return Ok(Outcome::PutOff);
    }
    let Some(rules) = desk.rules(handlers, &job.kind) else {
        return unknown::put_off(deps, desk, &job).await;
    };
    // The attempts before this one ended without a word: each time the job took its worker with it.
    if job.attempts > rules.attempts.unwrap_or(settings.max_attempts) {
        return give_up(deps, desk, &job, "no worker survived the job").await;
    }
    match desk.run(deps, handlers, &job).await {
        Ok(End::Stored) => Ok(Outcome::Done),
        Ok(End::ToBeStored) => {
            let unit = desk.open(deps).await?;
            unit.jobs().complete(job.id, job.lease, deps.clock.now()).await?;
            unit.commit().await?;
            Ok(Outcome::Done)
        }
        Err(error) if error.is_final() => {
            desk.report(&job, &error);
            give_up(deps, desk, &job, &error.to_string()).await
        }
        Err(error) => {
            desk.report(&job, &error);
            fail(deps, handlers, settings, desk, &job, &error.to_string()).await
        }
    }
}

async fn fail(
    deps: &Deps,
    handlers: &Handlers,
    settings: &WorkerSettings,
    desk: &Desk<'_>,
    job: &JobRecord,
    error: &str,
) -> Result<Outcome, RepositoryError> {
    let Some(rules) = desk.rules(handlers, &job.kind) else { return unknown::put_off(deps, desk, job).await };
    if job.attempts >= rules.attempts.unwrap_or(settings.max_attempts) {
        return give_up(deps, desk, job, error).await;
    }
    let now = deps.clock.now();
    let again = now + pause(rules.pauses, job.attempts, &*deps.chance);
    let unit = desk.open(deps).await?;
    unit.jobs().fail(job.id, job.lease, error, now, Some(again)).await?;
    unit.commit().await?;
    Ok(Outcome::Failed)
}

pub(super) async fn give_up(
    deps: &Deps,
    desk: &Desk<'_>,
    job: &JobRecord,
    error: &str,
) -> Result<Outcome, RepositoryError> {
    let unit = desk.open(deps).await?;
    unit.jobs().fail(job.id, job.lease, error, deps.clock.now(), None).await?;
    unit.commit().await?;
    let tenant = desk.leased().tenant_id().map(tracing::field::display);
    tracing::error!(job = %job.id, tenant, kind = job.kind, error, "the job was given up");
    Ok(Outcome::Dead)
}

/// Whether a job is in the hands of this lease: nobody else has it, and it has not ended.
pub(super) fn is_held(job: &JobRecord, leased: &Leased) -> bool {
    job.lease == leased.lease() && job.status == JobStatus::Queued && job.leased_until.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_once() {
        let mut report = RunReport::default();
        for outcome in [Outcome::Done, Outcome::Failed, Outcome::Dead, Outcome::PutOff, Outcome::Lost] {
            report.count(outcome);
        }
        assert_eq!(report, RunReport { done: 1, failed: 1, dead: 1, put_off: 1, lost: 1 });
    }
}
