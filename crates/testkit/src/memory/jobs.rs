use async_trait::async_trait;
use cotenant_domain::jobs::{Job, JobId, JobQueue, JobStatus, NewJob};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::{Jobs, conflict};
use super::unit::{PlatformWork, TenantWork};

/// The rule that job ids are unique in their tenant, or at the platform.
const JOB_ID_UNIQUE: &str = "jobs_id_unique";
const PLATFORM_JOB_ID_UNIQUE: &str = "platform_jobs_id_unique";

/// A job and when it may be leased.
#[derive(Clone)]
pub(super) struct StoredJob {
    pub(super) job: Job,
    pub(super) run_at: OffsetDateTime,
    pub(super) leased_until: Option<OffsetDateTime>,
}

fn leased(jobs: &mut Jobs, id: JobId, lease: i64) -> Result<&mut StoredJob, RepositoryError> {
    let held = |row: &&mut StoredJob| row.job.lease == lease && row.leased_until.is_some();
    jobs.get_mut(&id).filter(held).ok_or(RepositoryError::Stale)
}

impl TenantWork {
    fn jobs<T>(&self, act: impl FnOnce(&mut Jobs) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        self.act(|room| act(&mut room.jobs))
    }
}

impl PlatformWork {
    fn jobs<T>(&self, act: impl FnOnce(&mut Jobs) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        self.work.change(|state| act(&mut state.platform_jobs))
    }
}

/// The queue of a unit over jobs of its own.
macro_rules! queue {
    ($unit:ty, $unique:expr) => {
        #[async_trait]
        impl JobQueue for $unit {
            async fn enqueue(&self, job: NewJob) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    if jobs.contains_key(&job.id) {
                        return conflict($unique);
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
                    jobs.insert(job.id, StoredJob { job, run_at, leased_until: None });
                    Ok(())
                })
            }

            async fn find(&self, id: JobId) -> Result<Option<Job>, RepositoryError> {
                self.jobs(|jobs| Ok(jobs.get(&id).map(|row| row.job.clone())))
            }

            async fn complete(&self, id: JobId, lease: i64, _now: OffsetDateTime) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    let row = leased(jobs, id, lease)?;
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
                self.jobs(|jobs| {
                    let row = leased(jobs, id, lease)?;
                    row.leased_until = None;
                    match again {
                        Some(at) => row.run_at = at,
                        None => row.job.status = JobStatus::Dead,
                    }
                    Ok(())
                })
            }

            async fn postpone(&self, id: JobId, lease: i64, again: OffsetDateTime) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    let row = leased(jobs, id, lease)?;
                    row.leased_until = None;
                    row.run_at = again;
                    row.job.attempts -= 1;
                    Ok(())
                })
            }
        }
    };
}

queue!(TenantWork, JOB_ID_UNIQUE);
queue!(PlatformWork, PLATFORM_JOB_ID_UNIQUE);
