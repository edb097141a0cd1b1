use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{JobEnvelope, JobFilter, JobId, JobRecord, JobStatus, Leased, NewJob, PlatformJobEnvelope};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenants::TenantId;

/// Reads the jobs of the scope's tenant, or of the platform.
#[async_trait]
pub trait JobReader: Send + Sync {
    /// The job with this id.
    async fn find(&self, id: JobId) -> Result<Option<JobRecord>, RepositoryError>;
    /// One page of jobs by id, which is the order in which they were queued.
    async fn list(&self, filter: &JobFilter, page: &PageRequest<()>) -> Result<Page<JobRecord>, RepositoryError>;
}

/// Reads and writes the jobs of the scope's tenant, or of the platform.
#[async_trait]
pub trait JobQueue: JobReader {
    /// Queues a job; it exists when the unit commits. `false` where there is one with its id already, or where one of its
    /// kind with its unique key waits or runs: then nothing was queued.
    async fn enqueue(&self, job: NewJob) -> Result<bool, RepositoryError>;
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
    /// Puts the job off until `again`, if `lease` is still the current one: its kind is unknown here, as it was to all who
    /// met it since `since`. The attempt does not count. One that fails with who knows it ends that time.
    async fn put_off(
        &self,
        id: JobId,
        lease: i64,
        error: &str,
        since: OffsetDateTime,
        again: OffsetDateTime,
    ) -> Result<(), RepositoryError>;
    /// Queues a job that was given up, as if it had never been begun; [`RepositoryError::Stale`] where it was not given up, a
    /// conflict on [`JOB_UNIQUE`] where its like waits or runs.
    async fn requeue(&self, id: JobId, now: OffsetDateTime) -> Result<(), RepositoryError>;
}

/// The rule that one job of a kind with a unique key waits or runs at a time in a tenant.
pub const JOB_UNIQUE: &str = "jobs_unique_key_unique";
/// The same at the platform.
pub const PLATFORM_JOB_UNIQUE: &str = "platform_jobs_unique_key_unique";

/// When each schedule last came up.
#[async_trait]
pub trait ScheduleRepository: Send + Sync {
    /// The last time that was acted upon.
    async fn last(&self, kind: &str) -> Result<Option<OffsetDateTime>, RepositoryError>;
    /// Notes a schedule that is new; `false` where it was known.
    async fn begin(&self, kind: &str, at: OffsetDateTime) -> Result<bool, RepositoryError>;
    /// Moves the last time from `from` to `to`; `false` where it is not at `from`: another server was there first.
    async fn advance(&self, kind: &str, from: OffsetDateTime, to: OffsetDateTime) -> Result<bool, RepositoryError>;
}

/// Which jobs a worker asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Jobs that are due at this instant.
    pub now: OffsetDateTime,
    /// Their leases run until then.
    pub until: OffsetDateTime,
    /// So many at most.
    pub most: u32,
    /// So many at most of one tenant at its turn.
    pub turn: u32,
    /// None of a tenant that has so many in hand, with all workers together. Counted before they are taken: two workers
    /// that count at the same moment can each take a turn.
    pub in_hand: u32,
}

/// What a claim among the tenants brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// The jobs.
    pub leased: Vec<JobEnvelope>,
    /// The tenant at which it ended: the next goes on after it.
    pub at: Option<TenantId>,
    /// Whether it ended with hands left and not everybody asked: too many on its way were not in use.
    pub cut: bool,
}

/// The dispatcher door: finds due jobs in all tenants, and sees nothing of them but ids, times, priority and lease.
#[async_trait]
pub trait JobDispatcher: Send + Sync {
    /// Leases jobs that are due, by tenants in turn, each tenant once: in the order of their ids, those after `after` first.
    /// Tenants that are not in use are passed over, so many at a time. Of each, those of the highest priority first, then the
    /// oldest. A lease that has run out can be taken over; no two callers get the same lease.
    async fn lease(&self, claim: &Claim, after: Option<TenantId>) -> Result<Round, RepositoryError>;
    /// The same for the jobs of the platform, which are one turn. How many of them are in hand is the worker's own bound
    /// ([`claim`](super::claim())): what a tenant may have is not asked.
    async fn lease_at_platform(&self, claim: &Claim) -> Result<Vec<PlatformJobEnvelope>, RepositoryError>;
    /// Prolongs leases to `until`; answers those that are still the current ones. The others were taken over.
    async fn renew(&self, held: &[Leased], until: OffsetDateTime) -> Result<Vec<Leased>, RepositoryError>;
    /// Gives leases up: the jobs are to be had at once, and the attempts that they began do not count.
    async fn hand_back(&self, held: &[Leased]) -> Result<(), RepositoryError>;
    /// Deletes jobs for good that ended like this before an instant, so many at most of tenants and so many of the platform;
    /// answers how many. What is queued has not ended.
    async fn purge(&self, ended: JobStatus, before: OffsetDateTime, most: u32) -> Result<u64, RepositoryError>;
    /// Ends when this process may have queued a job since this was asked last; where nobody tells of that, never. Jobs that
    /// other processes queue are found by looking.
    async fn queued(&self) {
        std::future::pending().await
    }
    /// Tenants in use at `now`, by id, those after `after`.
    async fn tenants_in_use(
        &self,
        now: OffsetDateTime,
        after: Option<TenantId>,
        most: u32,
    ) -> Result<Vec<TenantId>, RepositoryError>;
}
