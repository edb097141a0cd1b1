use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Job, JobEnvelope, JobId, NewJob, PlatformJobEnvelope};
use crate::shared::RepositoryError;

/// The jobs of the scope's tenant, or of the platform.
#[async_trait]
pub trait JobQueue: Send + Sync {
    /// Queues a job; it exists when the unit commits.
    async fn enqueue(&self, job: NewJob) -> Result<(), RepositoryError>;
    /// The job with this id.
    async fn find(&self, id: JobId) -> Result<Option<Job>, RepositoryError>;
    /// Marks the job done if `lease` is still the current one; [`RepositoryError::Stale`] otherwise.
    async fn complete(&self, id: JobId, lease: i64, now: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Notes a failed attempt if `lease` is still the current one: `again` is the time of the next, `None` gives up.
    async fn fail(
        &self,
        id: JobId,
        lease: i64,
        error: &str,
        now: OffsetDateTime,
        again: Option<OffsetDateTime>,
    ) -> Result<(), RepositoryError>;
    /// Puts the job off until `again` if `lease` is still the current one, and takes the attempt that the lease began
    /// back: a job whose tenant is suspended must not run out of attempts while it waits.
    async fn postpone(&self, id: JobId, lease: i64, again: OffsetDateTime) -> Result<(), RepositoryError>;
}

/// The dispatcher door: finds due jobs in all tenants, and sees nothing of them but id, tenant, due time and lease.
#[async_trait]
pub trait JobDispatcher: Send + Sync {
    /// Leases up to `most` jobs that are due at `now` until `until`, oldest first. A lease that has run out can be taken
    /// over; no two callers get the same lease.
    async fn lease(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<JobEnvelope>, RepositoryError>;
    /// The same for the jobs of the platform.
    async fn lease_at_platform(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<PlatformJobEnvelope>, RepositoryError>;
}
