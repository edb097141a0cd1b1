use time::OffsetDateTime;
use uuid::Uuid;

use super::error::JobError;
use super::kind::JobKind;
use super::model::JobId;
use super::scope::JobScope;
use crate::Deps;
use crate::deps::Policy;
use crate::mail::Mailer;
use crate::shared::{RepositoryError, SecretSource};
use crate::tenancy::PlatformScope;
use crate::tenants::TenantId;
use crate::uow::{PersonUnit, PlatformUnit, ReadUnit, WriteUnit};

/// One attempt at a job, and all that its handler reaches: units in the job's own tenant, and what knows no tenant (the
/// time, ids, secrets, the mailer).
pub struct Attempt<'a, S = JobScope> {
    pub(super) deps: &'a Deps,
    scope: S,
    held: Held,
}

/// One attempt at a job of the platform. It reaches people and the platform's records, and no tenant.
pub type PlatformAttempt<'a> = Attempt<'a, PlatformScope>;

/// Which job, under which lease, at which attempt (from 1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) id: JobId,
    pub(super) lease: i64,
    pub(super) number: u32,
}

/// How an attempt ended well. Given by [`Attempt::finish`], or by [`Attempt::done`] where nothing was stored.
#[derive(Debug)]
pub struct Done(pub(super) End);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end is stored, together with the effects.
    Stored,
    /// The worker has to store it.
    ToBeStored,
}

impl<'a, S> Attempt<'a, S> {
    pub(super) fn new(deps: &'a Deps, scope: S, held: Held) -> Self {
        Self { deps, scope, held }
    }

    /// The job.
    pub fn job_id(&self) -> JobId {
        self.held.id
    }

    /// Which attempt this is, from 1.
    pub fn number(&self) -> u32 {
        self.held.number
    }

    /// The present moment.
    pub fn now(&self) -> OffsetDateTime {
        self.deps.clock.now()
    }

    /// A fresh id.
    pub fn next_id(&self) -> Uuid {
        self.deps.ids.next()
    }

    /// Fresh secrets.
    pub fn secrets(&self) -> &dyn SecretSource {
        &*self.deps.secrets
    }

    /// Sends messages. What was handed over cannot be taken back: a job that is begun again sends another one.
    pub fn mailer(&self) -> &dyn Mailer {
        &*self.deps.mailer
    }

    /// Durations that an operator may choose.
    pub fn policy(&self) -> &Policy {
        &self.deps.policy
    }

    /// The end of an attempt at a job of this kind that found its matter closed and did nothing, which is logged: who queued it
    /// again may wait for it.
    pub fn closed<K: JobKind>(&self) -> Done {
        tracing::info!(job = %self.held.id, kind = K::NAME, "what the job is about is not open: nothing was done");
        self.done()
    }

    /// The end of an attempt whose effects are elsewhere, or that found nothing to do.
    pub fn done(&self) -> Done {
        Done(End::ToBeStored)
    }
}

impl Attempt<'_, JobScope> {
    /// The job's tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.scope.tenant_id()
    }

    /// Begins a unit that reads in the job's tenant.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] where the database is away.
    pub async fn read(&self) -> Result<Box<dyn ReadUnit>, RepositoryError> {
        self.deps.db.read(&self.scope.read()).await
    }

    /// Begins a unit that reads and writes in the job's tenant.
    ///
    /// # Errors
    ///
    /// As [`Attempt::read`].
    pub async fn write(&self) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        self.deps.db.write(&self.scope.write()).await
    }

    /// Stores what the unit did and the end of the job as one: both take effect, or neither does. An attempt that has lost
    /// its lease is refused here, and what it did is undone.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Stale`] where another worker has the job now; those of the database.
    pub async fn finish(&self, unit: Box<dyn WriteUnit>) -> Result<Done, JobError> {
        unit.jobs().complete(self.held.id, self.held.lease, self.now()).await?;
        unit.commit().await?;
        Ok(Done(End::Stored))
    }
}

impl Attempt<'_, PlatformScope> {
    /// Begins a unit at the person door.
    ///
    /// # Errors
    ///
    /// [`RepositoryError::Unavailable`] where the database is away.
    pub async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        self.deps.db.person().await
    }

    /// Begins a unit on the platform's records.
    ///
    /// # Errors
    ///
    /// As [`Attempt::person`].
    pub async fn platform(&self) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        self.deps.db.platform(&self.scope).await
    }

    /// Steps from the person door to the platform's records, in the same transaction.
    ///
    /// # Errors
    ///
    /// Those of the database.
    pub async fn step(&self, unit: Box<dyn PersonUnit>) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        unit.platform(&self.scope).await
    }

    /// As [`Attempt::finish`] of a tenant's job.
    ///
    /// # Errors
    ///
    /// The same.
    pub async fn finish(&self, unit: Box<dyn PlatformUnit>) -> Result<Done, JobError> {
        unit.jobs().complete(self.held.id, self.held.lease, self.now()).await?;
        unit.commit().await?;
        Ok(Done(End::Stored))
    }
}

impl<S> std::fmt::Debug for Attempt<'_, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attempt").field("held", &self.held).finish_non_exhaustive()
    }
}
