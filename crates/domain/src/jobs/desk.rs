use std::error::Error;

use super::attempt::{Attempt, End, Held};
use super::error::JobError;
use super::handlers::{Handlers, Rules};
use super::model::{JobRecord, Leased};
use super::payload::Fields;
use super::ports::JobQueue;
use super::run::is_held;
use super::scope::JobScope;
use crate::Deps;
use crate::shared::RepositoryError;
use crate::tenancy::{Origin, PlatformScope, Principal};
use crate::uow::{PlatformUnit, WriteUnit};

/// Where one leased job is done: in its tenant, or at the platform. All else is the same for both.
pub(super) struct Desk<'l> {
    leased: &'l Leased,
    place: Place,
}

enum Place {
    Tenant(JobScope),
    Platform(PlatformScope),
}

/// What the system does of itself at the platform.
pub(super) fn platform_scope() -> PlatformScope {
    PlatformScope::new(Principal::System, Origin::default())
}

impl<'l> Desk<'l> {
    pub(super) fn of(leased: &'l Leased) -> Self {
        let place = match leased {
            Leased::Tenant(envelope) => Place::Tenant(JobScope::of(envelope)),
            Leased::Platform(_) => Place::Platform(platform_scope()),
        };
        Self { leased, place }
    }

    pub(super) fn leased(&self) -> &Leased {
        self.leased
    }

    pub(super) async fn open(&self, deps: &Deps) -> Result<DeskUnit, RepositoryError> {
        Ok(match &self.place {
            Place::Tenant(scope) => DeskUnit::Tenant(deps.db.write(&scope.write()).await?),
            Place::Platform(scope) => DeskUnit::Platform(deps.db.platform(scope).await?),
        })
    }

    /// The job, while the lease is the current one, and whether jobs are done here now: always at the platform, and in a
    /// tenant while it is in use.
    pub(super) async fn look(&self, deps: &Deps) -> Result<Option<(JobRecord, bool)>, RepositoryError> {
        let id = self.leased.job_id();
        let (found, in_use) = match &self.place {
            Place::Tenant(scope) => {
                let unit = deps.db.read(&scope.read()).await?;
                let tenant = unit.tenant().get().await?;
                (unit.jobs().find(id).await?, tenant.status.is_in_use(tenant.expires_at, deps.clock.now()))
            }
            Place::Platform(scope) => (deps.db.platform(scope).await?.jobs().find(id).await?, true),
        };
        Ok(found.filter(|job| is_held(job, self.leased)).map(|job| (job, in_use)))
    }

    /// How jobs of a kind are tried; `None` where nobody does them.
    pub(super) fn rules(&self, handlers: &Handlers, kind: &str) -> Option<Rules> {
        match &self.place {
            Place::Tenant(_) => handlers.of_tenants(kind).map(|handler| handler.rules()),
            Place::Platform(_) => handlers.of_platform(kind).map(|handler| handler.rules()),
        }
    }

    /// Makes one attempt.
    pub(super) async fn run(&self, deps: &Deps, handlers: &Handlers, job: &JobRecord) -> Result<End, JobError> {
        let held = Held { id: job.id, lease: job.lease, number: job.attempts };
        let payload = Fields::parse(&job.payload).ok_or(JobError::Payload("payload"))?;
        let done = match &self.place {
            Place::Tenant(scope) => {
                let handler = handlers.of_tenants(&job.kind).ok_or(JobError::Payload("kind"))?;
                handler.run(&Attempt::new(deps, *scope, held), &payload).await?
            }
            Place::Platform(scope) => {
                let handler = handlers.of_platform(&job.kind).ok_or(JobError::Payload("kind"))?;
                handler.run(&Attempt::new(deps, scope.clone(), held), &payload).await?
            }
        };
        Ok(done.0)
    }

    /// Logs an attempt that failed.
    pub(super) fn report(&self, job: &JobRecord, error: &JobError) {
        let (tenant, attempt) = (self.leased.tenant_id().map(tracing::field::display), job.attempts);
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
        let error = JobError::from(MailError::unsent("connection refused"));
        assert_eq!(error.to_string(), "the message could not be sent");
        assert_eq!(chain(&error), "the message could not be sent: connection refused");
    }
}
