use std::error::Error;

use time::{Duration, OffsetDateTime};

use super::backoff::pause;
use super::error::JobError;
use super::handler::JobHandler;
use super::model::{Job, JobEnvelope, JobStatus};
use super::scope::JobScope;
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
    let mut report = RunReport::default();
    for envelope in deps.db.dispatcher().lease(now, until, settings.most).await? {
        report.count(match attempt(deps, handlers, settings, &envelope, until).await {
            Ok(outcome) => outcome,
            // Only the holder of the current lease can note an end: another worker has the job now.
            Err(RepositoryError::Stale) => Outcome::Lost,
            Err(error) => {
                let (job, tenant) = (envelope.job_id, envelope.tenant_id);
                tracing::error!(%job, %tenant, error = chain(&error), "the job comes again when its lease has run out");
                Outcome::Failed
            }
        });
    }
    Ok(report)
}

async fn attempt(
    deps: &Deps,
    handlers: &[&dyn JobHandler],
    settings: &WorkerSettings,
    envelope: &JobEnvelope,
    until: OffsetDateTime,
) -> Result<Outcome, RepositoryError> {
    if deps.clock.now() >= until {
        return Ok(Outcome::Lost);
    }
    let scope = JobScope::of(envelope);
    let unit = deps.db.write(&scope.write()).await?;
    let Some(job) = unit.jobs().find(envelope.job_id).await? else {
        return Ok(Outcome::Lost);
    };
    if job.lease != envelope.lease || job.status != JobStatus::Queued {
        return Ok(Outcome::Lost);
    }
    let tenant = unit.tenant().get().await?;
    let now = deps.clock.now();
    if !tenant.status.is_in_use(tenant.expires_at, now) {
        unit.jobs().postpone(job.id, job.lease, now + UNTIL_REACTIVATED).await?;
        unit.commit().await?;
        return Ok(Outcome::PutOff);
    }
    drop(unit);
    let attempts = job.attempts.unsigned_abs();
    let Some(handler) = handlers.iter().find(|handler| handler.kind() == job.kind) else {
        return fail(deps, &scope, &job, "no handler knows this kind of job", None).await;
    };
    // The attempts before this one ended without a word: each time the job took its worker with it.
    if attempts > settings.max_attempts {
        return fail(deps, &scope, &job, "no worker survived the job", None).await;
    }
    match handler.run(deps, &scope, &job).await {
        Ok(()) => complete(deps, &scope, &job).await,
        Err(error) => {
            let again = (attempts < settings.max_attempts).then(|| deps.clock.now() + pause(job.id, attempts));
            report_failure(&scope, &job, &error);
            fail(deps, &scope, &job, &error.to_string(), again).await
        }
    }
}

async fn complete(deps: &Deps, scope: &JobScope, job: &Job) -> Result<Outcome, RepositoryError> {
    let unit = deps.db.write(&scope.write()).await?;
    unit.jobs().complete(job.id, job.lease, deps.clock.now()).await?;
    unit.commit().await?;
    Ok(Outcome::Done)
}

async fn fail(
    deps: &Deps,
    scope: &JobScope,
    job: &Job,
    error: &str,
    again: Option<OffsetDateTime>,
) -> Result<Outcome, RepositoryError> {
    let unit = deps.db.write(&scope.write()).await?;
    unit.jobs().fail(job.id, job.lease, error, deps.clock.now(), again).await?;
    unit.commit().await?;
    if again.is_some() {
        return Ok(Outcome::Failed);
    }
    tracing::error!(job = %job.id, tenant = %scope.tenant_id(), kind = job.kind, error, "the job was given up");
    Ok(Outcome::Dead)
}

fn report_failure(scope: &JobScope, job: &Job, error: &JobError) {
    let (tenant, attempt) = (scope.tenant_id(), job.attempts);
    tracing::warn!(job = %job.id, %tenant, kind = job.kind, attempt, error = chain(error), "an attempt at the job failed");
}

/// An error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MailError;

    #[test]
    fn a_log_line_names_the_causes_and_what_is_stored_does_not() {
        let error = JobError::from(MailError("connection refused".into()));
        assert_eq!(error.to_string(), "the message could not be sent");
        assert_eq!(chain(&error), "the message could not be sent: connection refused");
    }

    #[test]
    fn each_outcome_is_counted_once() {
        let mut report = RunReport::default();
        for outcome in [Outcome::Done, Outcome::Failed, Outcome::Dead, Outcome::PutOff, Outcome::Lost] {
            report.count(outcome);
        }
        assert_eq!(report, RunReport { done: 1, failed: 1, dead: 1, put_off: 1, lost: 1 });
    }
}
