use time::OffsetDateTime;

use super::kind::{JobKind, Priority};
use super::payload::{Field, Fields, Payload};
use crate::shared::Id;
use crate::tenants::TenantId;

/// The id of a job.
pub type JobId = Id<JobRecord>;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Waits for its time or its next attempt, or is being worked on under a lease.
    Queued,
    /// Done.
    Done,
    /// Given up after its last attempt: a dead letter, which can be queued again.
    Dead,
}

impl JobStatus {
    /// The stored form: `queued`, `done`, `dead`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Done => "done",
            Self::Dead => "dead",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Queued, Self::Done, Self::Dead].into_iter().find(|s| s.as_str() == stored)
    }
}

/// A job about to be queued, in the transaction of the act that wants it. Made by [`NewJob::of`] and nowhere else, so that
/// its payload is one of its kind.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// The name of its kind.
    pub kind: String,
    /// What it is about.
    pub payload: Fields,
    /// Its place among the jobs of its tenant.
    pub priority: Priority,
    /// Of several jobs of one kind with one key, one waits or runs at a time.
    pub unique_key: Option<String>,
    /// When it was queued.
    pub created_at: OffsetDateTime,
    /// Not before this instant.
    pub run_at: OffsetDateTime,
}

impl NewJob {
    /// A job of a kind, due at once.
    pub fn of<K: JobKind>(id: JobId, payload: &K::Payload, now: OffsetDateTime) -> Self {
        Self::named(id, K::NAME.to_owned(), payload.write(), K::PRIORITY, now)
    }

    pub(super) fn named(id: JobId, kind: String, payload: Fields, priority: Priority, now: OffsetDateTime) -> Self {
        Self { id, kind, payload, priority, unique_key: None, created_at: now, run_at: now }
    }

    /// The same, not before an instant.
    #[must_use]
    pub fn not_before(self, run_at: OffsetDateTime) -> Self {
        Self { run_at, ..self }
    }

    /// The same before or after others of its tenant.
    #[must_use]
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// The same, unless a job of its kind with the same payload waits or runs already.
    #[must_use]
    pub fn once(self) -> Self {
        let key = self.payload.text();
        Self { unique_key: Some(key), ..self }
    }

    /// The same, unless a job of its kind for the same field waits or runs already.
    #[must_use]
    pub fn once_per(self, field: &impl Field) -> Self {
        Self { unique_key: Some(field.write()), ..self }
    }
}

/// What a worker is handed: which job of which tenant, under which lease. No payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobEnvelope {
    /// The job.
    pub job_id: JobId,
    /// Its tenant; what the handler reaches is this and nothing wider.
    pub tenant_id: TenantId,
    /// The lease's number (fencing token): it rises with each lease, and only the current one can end the job.
    pub lease: i64,
}

/// The same for a job of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlatformJobEnvelope {
    /// The job.
    pub job_id: JobId,
    /// The lease's number.
    pub lease: i64,
}

/// A leased job of either sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Leased {
    /// Of a tenant.
    Tenant(JobEnvelope),
    /// Of the platform.
    Platform(PlatformJobEnvelope),
}

impl Leased {
    /// The job.
    pub fn job_id(&self) -> JobId {
        match self {
            Self::Tenant(envelope) => envelope.job_id,
            Self::Platform(envelope) => envelope.job_id,
        }
    }

    /// The lease's number.
    pub fn lease(&self) -> i64 {
        match self {
            Self::Tenant(envelope) => envelope.lease,
            Self::Platform(envelope) => envelope.lease,
        }
    }

    /// The tenant; `None` at the platform.
    pub fn tenant_id(&self) -> Option<TenantId> {
        match self {
            Self::Tenant(envelope) => Some(envelope.tenant_id),
            Self::Platform(_) => None,
        }
    }
}

/// A job as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct JobRecord {
    /// Its id.
    pub id: JobId,
    /// The name of its kind.
    pub kind: String,
    /// What it is about, as it is stored; read by its handler, and shown to nobody.
    pub payload: String,
    /// Where it stands.
    pub status: JobStatus,
    /// Its place among the jobs of its tenant.
    pub priority: Priority,
    /// Set where its like is queued once at a time.
    pub unique_key: Option<String>,
    /// When it was queued.
    pub created_at: OffsetDateTime,
    /// Not before this instant.
    pub run_at: OffsetDateTime,
    /// Until when a worker has it.
    pub leased_until: Option<OffsetDateTime>,
    /// The current lease's number.
    pub lease: i64,
    /// How many attempts have begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it was done or given up.
    pub finished_at: Option<OffsetDateTime>,
}

impl JobRecord {
    /// Whether a worker is at it at `now`.
    pub fn is_running(&self, now: OffsetDateTime) -> bool {
        self.status == JobStatus::Queued && self.leased_until.is_some_and(|until| now < until)
    }
}

/// Which jobs a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only those that stand here.
    pub status: Option<JobStatus>,
    /// Only those of the kind with this name.
    pub kind: Option<String>,
}
