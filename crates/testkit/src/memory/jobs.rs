use async_trait::async_trait;
use cotenant_domain::jobs::{
    JOB_UNIQUE, JobFilter, JobId, JobQueue, JobReader, JobRecord, JobStatus, NewJob, PLATFORM_JOB_UNIQUE,
    ScheduleRepository,
};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use time::OffsetDateTime;

use super::paging::page;
use super::state::{Jobs, conflict};
use super::unit::{PlatformWork, TenantWork};

fn leased(jobs: &mut Jobs, id: JobId, lease: i64) -> Result<&mut JobRecord, RepositoryError> {
    let held =
        |row: &&mut JobRecord| row.lease == lease && row.status == JobStatus::Queued && row.leased_until.is_some();
    let row = jobs.get_mut(&id).filter(held).ok_or(RepositoryError::Stale)?;
    row.leased_until = None;
    Ok(row)
}

/// Whether a job of the kind with this key waits or runs.
fn is_taken(jobs: &Jobs, kind: &str, key: Option<&str>) -> bool {
    let same = |row: &JobRecord| row.kind == kind && row.unique_key.as_deref() == key;
    key.is_some() && jobs.values().any(|row| row.status == JobStatus::Queued && same(row))
}

fn queued(job: NewJob) -> JobRecord {
    JobRecord {
        id: job.id,
        kind: job.kind,
        payload: job.payload.text(),
        status: JobStatus::Queued,
        priority: job.priority,
        unique_key: job.unique_key,
        created_at: job.created_at,
        run_at: job.run_at,
        leased_until: None,
        lease: 0,
        attempts: 0,
        last_error: None,
        finished_at: None,
    }
}

impl TenantWork {
    fn jobs<T>(&self, act: impl FnOnce(&mut Jobs) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        self.act(|room| act(&mut room.jobs))
    }

    fn see_jobs<T>(&self, look: impl FnOnce(&Jobs) -> T) -> Result<T, RepositoryError> {
        self.look(|room| look(&room.jobs))
    }
}

impl PlatformWork {
    fn jobs<T>(&self, act: impl FnOnce(&mut Jobs) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        self.work.change(|state| act(&mut state.platform_jobs))
    }

    fn see_jobs<T>(&self, look: impl FnOnce(&Jobs) -> T) -> Result<T, RepositoryError> {
        self.work.read(|state| look(&state.platform_jobs))
    }
}

/// The queue of a unit over jobs of its own.
macro_rules! queue {
    ($unit:ty, $unique:expr) => {
        #[async_trait]
        impl JobReader for $unit {
            async fn find(&self, id: JobId) -> Result<Option<JobRecord>, RepositoryError> {
                self.see_jobs(|jobs| jobs.get(&id).cloned())
            }

            async fn list(
                &self,
                filter: &JobFilter,
                request: &PageRequest<()>,
            ) -> Result<Page<JobRecord>, RepositoryError> {
                let shown = |job: &&JobRecord| {
                    filter.status.is_none_or(|status| status == job.status)
                        && filter.kind.as_ref().is_none_or(|kind| *kind == job.kind)
                };
                let position = |job: &JobRecord| Position { value: SortValue::Id, id: job.id.as_uuid() };
                self.see_jobs(|jobs| page(jobs.values().filter(shown), request, position))
            }
        }

        #[async_trait]
        impl JobQueue for $unit {
            async fn enqueue(&self, job: NewJob) -> Result<bool, RepositoryError> {
                self.jobs(|jobs| {
                    let taken = jobs.contains_key(&job.id) || is_taken(jobs, &job.kind, job.unique_key.as_deref());
                    if !taken {
                        jobs.insert(job.id, queued(job));
                    }
                    Ok(!taken)
                })
            }

            async fn complete(&self, id: JobId, lease: i64, now: OffsetDateTime) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    let row = leased(jobs, id, lease)?;
                    (row.status, row.finished_at) = (JobStatus::Done, Some(now));
                    Ok(())
                })
            }

            async fn fail(
                &self,
                id: JobId,
                lease: i64,
                error: &str,
                now: OffsetDateTime,
                again: Option<OffsetDateTime>,
            ) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    let row = leased(jobs, id, lease)?;
                    row.last_error = Some(error.to_owned());
                    match again {
                        Some(at) => row.run_at = at,
                        None => (row.status, row.finished_at) = (JobStatus::Dead, Some(now)),
                    }
                    Ok(())
                })
            }

            async fn requeue(&self, id: JobId, now: OffsetDateTime) -> Result<(), RepositoryError> {
                self.jobs(|jobs| {
                    let dead = jobs.get(&id).filter(|row| row.status == JobStatus::Dead);
                    let dead = dead.ok_or(RepositoryError::Stale)?;
                    if is_taken(jobs, &dead.kind, dead.unique_key.as_deref()) {
                        return conflict($unique);
                    }
                    let row = jobs.get_mut(&id).ok_or(RepositoryError::Stale)?;
                    (row.status, row.attempts, row.run_at) = (JobStatus::Queued, 0, now);
                    row.finished_at = None;
                    Ok(())
                })
            }
        }
    };
}

queue!(TenantWork, JOB_UNIQUE);
queue!(PlatformWork, PLATFORM_JOB_UNIQUE);

#[async_trait]
impl ScheduleRepository for PlatformWork {
    async fn last(&self, kind: &str) -> Result<Option<OffsetDateTime>, RepositoryError> {
        self.work.read(|state| state.schedules.get(kind).copied())
    }

    async fn begin(&self, kind: &str, at: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.work.change(|state| {
            let known = state.schedules.contains_key(kind);
            state.schedules.entry(kind.to_owned()).or_insert(at);
            Ok(!known)
        })
    }

    async fn advance(&self, kind: &str, from: OffsetDateTime, to: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.work.change(|state| {
            let at_from = state.schedules.get_mut(kind).filter(|last| **last == from);
            Ok(at_from.map(|last| *last = to).is_some())
        })
    }
}
