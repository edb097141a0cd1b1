use serde_json::Value;
use time::OffsetDateTime;

use super::error::JobError;
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

/// The same for a job of the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformJobEnvelope {
    /// The job.
    pub job_id: JobId,
    /// The lease's number.
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

impl Job {
    /// The id in a field of the payload.
    ///
    /// # Errors
    ///
    /// [`JobError::Payload`] where there is none.
    pub fn id_in<T>(&self, field: &'static str) -> Result<Id<T>, JobError> {
        let id = self.payload.get(field).and_then(Value::as_str).and_then(|text| text.parse().ok());
        id.ok_or(JobError::Payload(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn job(payload: Value) -> Job {
        let id = JobId::new(Uuid::from_u128(1));
        Job { id, kind: "thing.do".into(), payload, status: JobStatus::Queued, attempts: 1, lease: 1 }
    }

    #[test]
    fn an_id_is_read_from_the_payload() {
        let id = Id::<()>::new(Uuid::from_u128(9));
        assert_eq!(job(json!({ "thing_id": id })).id_in("thing_id").unwrap(), id);
    }

    #[test]
    fn a_payload_without_the_id_is_an_error_that_names_the_field_and_not_the_value() {
        for payload in [json!({}), json!({ "thing_id": 7 }), json!({ "thing_id": "canary" }), json!("canary")] {
            let error = job(payload).id_in::<()>("thing_id").unwrap_err();
            assert_eq!(error.to_string(), "the payload has no id in `thing_id`");
        }
    }
}
