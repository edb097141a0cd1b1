use time::{Duration, OffsetDateTime};

use super::backoff::pause;
use super::desk::{Desk, chain};
use super::handler::{JobHandler, PlatformJobHandler};
use super::model::{Job, JobStatus};
use crate::Deps;
use crate::shared::RepositoryError;

/// How long the jobs of a tenant that is not in use wait before somebody looks again.
const UNTIL_REACTIVATED: Duration = Duration::minutes(10);

/// How a worker goes about its jobs.
#[derive(Debug, Clone, Copy)]
pub struct WorkerSettings {
    /// How long one batch may take before other workers take its jobs over. Longer than its slowest job.
    pub lease: Duration,
    /// The most jobs of one batch.
    pub most: u32,
    /// How often a job is begun before it is given up.
    pub max_attempts: u32,
}

/// What became of one batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunReport {
    /// Done.
    pub done: u32,
    /// Failed, and to be tried again.
    pub failed: u32,
    /// Given up.
    pub dead: u32,
    /// Kept for later: their tenant is not in use.
    pub put_off: u32,
    /// Left to another worker: the lease had run out.
    pub lost: u32,
}

enum Outcome {
    Done,
    Failed,
    Dead,
    PutOff,
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

impl std::ops::Add for RunReport {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            done: self.done + other.done,
            failed: self.failed + other.failed,
            dead: self.dead + other.dead,
            put_off: self.put_off + other.put_off,
            lost: self.lost + other.lost,
        }
    }
}

/// Leases the jobs that are due, in whatever tenants, and does them one after the other, each in its own tenant. What
/// befalls one job never stops the others.
///
/// # Errors
///
/// [`RepositoryError`] where no jobs could be leased; later failures are counted in the report.
pub async fn run_due(
    deps: &Deps,
    handlers: &[&dyn JobHandler],
    settings: &WorkerSettings,
) -> Result<RunReport, RepositoryError> {
    let now = deps.clock.now();
    let until = now + settings.lease;
    let leased = deps.db.dispatcher().lease(now, until, settings.most).await?;
    let desks = leased.iter().map(|envelope| Desk::in_tenant(envelope, handlers));
    Ok(run(deps, settings, until, desks.collect()).await)
}

/// The same for the jobs of the platform, which are in no tenant.
///
/// # Errors
///
/// As [`run_due`].
pub async fn run_due_at_platform(
    deps: &Deps,
    handlers: &[&dyn PlatformJobHandler],
    settings: &WorkerSettings,
) -> Result<RunReport, RepositoryError> {
    let now = deps.clock.now();
    let until = now + settings.lease;
    let leased = deps.db.dispatcher().lease_at_platform(now, until, settings.most).await?;
    let desks = leased.iter().map(|envelope| Desk::at_platform(envelope, handlers));
    Ok(run(deps, settings, until, desks.collect()).await)
}

async fn run(deps: &Deps, settings: &WorkerSettings, until: OffsetDateTime, desks: Vec<Desk<'_>>) -> RunReport {
    let mut report = RunReport::default();
    for desk in desks {
        report.count(match attempt(deps, &desk, settings, until).await {
            Ok(outcome) => outcome,
            // Only the holder of the current lease can note an end: another worker has the job now.
            Err(RepositoryError::Stale) => Outcome::Lost,
            Err(error) => {
                let (job, tenant) = (desk.job_id, desk.tenant().map(tracing::field::display));
                tracing::error!(%job, tenant, error = chain(&error), "the job comes again when its lease has run out");
                Outcome::Failed
            }
        });
    }
    report
}

async fn attempt(
    deps: &Deps,
    desk: &Desk<'_>,
    settings: &WorkerSettings,
    until: OffsetDateTime,
) -> Result<Outcome, RepositoryError> {
    if deps.clock.now() >= until {
        return Ok(Outcome::Lost);
    }
    let unit = desk.open(deps).await?;
    let Some(job) = unit.jobs().find(desk.job_id).await? else {
        return Ok(Outcome::Lost);
    };
    if job.lease != desk.lease || job.status != JobStatus::Queued {
        return Ok(Outcome::Lost);
    }
    let now = deps.clock.now();
    if !unit.is_in_use(now).await? {
        unit.jobs().postpone(job.id, job.lease, now + UNTIL_REACTIVATED).await?;
        unit.commit().await?;
        return Ok(Outcome::PutOff);
    }
    drop(unit);
    let attempts = job.attempts.unsigned_abs();
    if !desk.knows(&job.kind) {
        return fail(deps, desk, &job, "no handler knows this kind of job", None).await;
    }
    // The attempts before this one ended without a word: each time the job took its worker with it.
    if attempts > settings.max_attempts {
        return fail(deps, desk, &job, "no worker survived the job", None).await;
    }
    match desk.run(deps, &job).await {
        Ok(()) => complete(deps, desk, &job).await,
        Err(error) => {
            let again = (attempts < settings.max_attempts).then(|| deps.clock.now() + pause(job.id, attempts));
            desk.report(&job, &error);
            fail(deps, desk, &job, &error.to_string(), again).await
        }
    }
}

async fn complete(deps: &Deps, desk: &Desk<'_>, job: &Job) -> Result<Outcome, RepositoryError> {
    let unit = desk.open(deps).await?;
    unit.jobs().complete(job.id, job.lease, deps.clock.now()).await?;
    unit.commit().await?;
    Ok(Outcome::Done)
}

async fn fail(
    deps: &Deps,
    desk: &Desk<'_>,
    job: &Job,
    error: &str,
    again: Option<OffsetDateTime>,
) -> Result<Outcome, RepositoryError> {
    let unit = desk.open(deps).await?;
    unit.jobs().fail(job.id, job.lease, error, deps.clock.now(), again).await?;
    unit.commit().await?;
    if again.is_some() {
        return Ok(Outcome::Failed);
    }
    let tenant = desk.tenant().map(tracing::field::display);
    tracing::error!(job = %job.id, tenant, kind = job.kind, error, "the job was given up");
    Ok(Outcome::Dead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_counted_once_and_reports_add_up() {
        let mut report = RunReport::default();
        for outcome in [Outcome::Done, Outcome::Failed, Outcome::Dead, Outcome::PutOff, Outcome::Lost] {
            report.count(outcome);
        }
        assert_eq!(report, RunReport { done: 1, failed: 1, dead: 1, put_off: 1, lost: 1 });
        assert_eq!(report + report, RunReport { done: 2, failed: 2, dead: 2, put_off: 2, lost: 2 });
    }
}
