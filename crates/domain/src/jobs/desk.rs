use std::error::Error;

use time::OffsetDateTime;

use super::error::JobError;
use super::handler::{JobHandler, PlatformJobHandler};
use super::model::{Job, JobEnvelope, JobId, PlatformJobEnvelope};
use super::ports::JobQueue;
use super::scope::JobScope;
use crate::Deps;
use crate::shared::RepositoryError;
use crate::tenancy::{Origin, PlatformScope, Principal};
use crate::tenants::TenantId;
use crate::uow::{PlatformUnit, WriteUnit};

/// Where one leased job is done: in its tenant, or at the platform. All else is the same for both.
pub(super) struct Desk<'h> {
    pub(super) job_id: JobId,
    pub(super) lease: i64,
    place: Place<'h>,
}

enum Place<'h> {
    Tenant(JobScope, &'h [&'h dyn JobHandler]),
    Platform(PlatformScope, &'h [&'h dyn PlatformJobHandler]),
}

impl<'h> Desk<'h> {
    pub(super) fn in_tenant(envelope: &JobEnvelope, handlers: &'h [&'h dyn JobHandler]) -> Self {
        let place = Place::Tenant(JobScope::of(envelope), handlers);
        Self { job_id: envelope.job_id, lease: envelope.lease, place }
    }

    pub(super) fn at_platform(envelope: &PlatformJobEnvelope, handlers: &'h [&'h dyn PlatformJobHandler]) -> Self {
        let scope = PlatformScope::new(Principal::System, Origin::default());
        Self { job_id: envelope.job_id, lease: envelope.lease, place: Place::Platform(scope, handlers) }
    }

    /// The tenant; `None` at the platform.
    pub(super) fn tenant(&self) -> Option<TenantId> {
        match &self.place {
            Place::Tenant(scope, _) => Some(scope.tenant_id()),
            Place::Platform(..) => None,
        }
    }

    pub(super) async fn open(&self, deps: &Deps) -> Result<DeskUnit, RepositoryError> {
        Ok(match &self.place {
            Place::Tenant(scope, _) => DeskUnit::Tenant(deps.db.write(&scope.write()).await?),
            Place::Platform(scope, _) => DeskUnit::Platform(deps.db.platform(scope).await?),
        })
    }

    pub(super) fn knows(&self, kind: &str) -> bool {
        match &self.place {
            Place::Tenant(_, handlers) => handlers.iter().any(|handler| handler.kind() == kind),
            Place::Platform(_, handlers) => handlers.iter().any(|handler| handler.kind() == kind),
        }
    }

    /// Makes one attempt with the handlers of the job's kind.
    pub(super) async fn run(&self, deps: &Deps, job: &Job) -> Result<(), JobError> {
        match &self.place {
            Place::Tenant(scope, handlers) => {
                for handler in handlers.iter().filter(|handler| handler.kind() == job.kind) {
                    handler.run(deps, scope, job).await?;
                }
            }
            Place::Platform(scope, handlers) => {
                for handler in handlers.iter().filter(|handler| handler.kind() == job.kind) {
                    handler.run(deps, scope, job).await?;
                }
            }
        }
        Ok(())
    }

    /// Logs an attempt that failed.
    pub(super) fn report(&self, job: &Job, error: &JobError) {
        let (tenant, attempt) = (self.tenant().map(tracing::field::display), job.attempts);
        tracing::warn!(job = %job.id, tenant, kind = job.kind, attempt, error = chain(error), "an attempt at the job failed");
    }
}

/// A unit at a desk.
pub(super) enum DeskUnit {
    Tenant(Box<dyn WriteUnit>),
    Platform(Box<dyn PlatformUnit>),
}

impl DeskUnit {
    pub(super) fn jobs(&self) -> &dyn JobQueue {
        match self {
            Self::Tenant(unit) => unit.jobs(),
            Self::Platform(unit) => unit.jobs(),
        }
    }

    /// Whether jobs are done here at `now`: always at the platform, and in a tenant while it is in use.
    pub(super) async fn is_in_use(&self, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        match self {
            Self::Tenant(unit) => {
                let tenant = unit.tenant().get().await?;
                Ok(tenant.status.is_in_use(tenant.expires_at, now))
            }
            Self::Platform(_) => Ok(true),
        }
    }

    pub(super) async fn commit(self) -> Result<(), RepositoryError> {
        match self {
            Self::Tenant(unit) => unit.commit().await,
            Self::Platform(unit) => unit.commit().await,
        }
    }
}

/// An error and its causes in one line.
pub(super) fn chain(error: &dyn Error) -> String {
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
}
