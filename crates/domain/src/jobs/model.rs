use serde_json::Value;
use time::OffsetDateTime;

use crate::shared::Id;
use crate::tenants::TenantId;

/// The id of a job.
pub type JobId = Id<Job>;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// Waits for its time or its next attempt, or is being worked on under a lease.
    Queued,
    /// Done.
    Done,
    /// Given up after its last attempt.
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

/// A job about to be queued, in the transaction of the act that wants it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// Its id.
    pub id: JobId,
    /// Which handler does it.
    pub kind: &'static str,
    /// Ids only: what they mean is read when the job runs, inside the job's tenant. Never a secret.
    pub payload: Value,
    /// Not before this instant.
    pub run_at: OffsetDateTime,
}

/// What a worker is handed: which job of which tenant, under which lease. No payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobEnvelope {
    /// The job.
    pub job_id: JobId,
    /// Its tenant; the handler's scope is this and nothing wider.
    pub tenant_id: TenantId,
    /// The lease's number (fencing token): it rises with each lease, and only the current one can finish the job.
    pub lease: i64,
}

/// A job as its handler sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Which handler does it.
    pub kind: String,
    /// Ids only.
    pub payload: Value,
    /// Where it stands.
    pub status: JobStatus,
    /// How many attempts have begun, this one included.
    pub attempts: i32,
    /// The current lease's number.
    pub lease: i64,
}
