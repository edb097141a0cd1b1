use async_trait::async_trait;
use cotenant_domain::jobs::{Job, JobId, JobQueue, JobStatus, NewJob};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::{Room, conflict};
use super::unit::TenantWork;

/// The rule that job ids are unique in their tenant.
const JOB_ID_UNIQUE: &str = "jobs_id_unique";

/// A job and when it may be leased.
#[derive(Clone)]
pub(super) struct StoredJob {
    pub(super) job: Job,
    pub(super) run_at: OffsetDateTime,
    pub(super) leased_until: Option<OffsetDateTime>,
}

fn leased(room: &mut Room, id: JobId, lease: i64) -> Result<&mut StoredJob, RepositoryError> {
    let held = |row: &&mut StoredJob| row.job.lease == lease && row.leased_until.is_some();
    room.jobs.get_mut(&id).filter(held).ok_or(RepositoryError::Stale)
}

#[async_trait]
impl JobQueue for TenantWork {
    async fn enqueue(&self, job: NewJob) -> Result<(), RepositoryError> {
        self.act(|room| {
            if room.jobs.contains_key(&job.id) {
                return conflict(JOB_ID_UNIQUE);
            }
            let run_at = job.run_at;
            let job = Job {
                id: job.id,
                kind: job.kind.to_owned(),
                payload: job.payload,
                status: JobStatus::Queued,
                attempts: 0,
                lease: 0,
            };
            room.jobs.insert(job.id, StoredJob { job, run_at, leased_until: None });
            Ok(())
        })
    }

    async fn find(&self, id: JobId) -> Result<Option<Job>, RepositoryError> {
        self.look(|room| room.jobs.get(&id).map(|row| row.job.clone()))
    }

    async fn complete(&self, id: JobId, lease: i64, _now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = leased(room, id, lease)?;
            row.job.status = JobStatus::Done;
            row.leased_until = None;
            Ok(())
        })
    }

    async fn fail(
        &self,
        id: JobId,
        lease: i64,
        _error: &str,
        _now: OffsetDateTime,
        again: Option<OffsetDateTime>,
    ) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = leased(room, id, lease)?;
            row.leased_until = None;
            match again {
                Some(at) => row.run_at = at,
                None => row.job.status = JobStatus::Dead,
            }
            Ok(())
        })
    }

    async fn postpone(&self, id: JobId, lease: i64, again: OffsetDateTime) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = leased(room, id, lease)?;
            row.leased_until = None;
            row.run_at = again;
            row.job.attempts -= 1;
            Ok(())
        })
    }
}
