use async_trait::async_trait;
use cotenant_domain::jobs::{JobFilter, JobId, JobQueue, JobReader, JobRecord, JobStatus, NewJob, Priority};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_scoped::{Change, Filter, Mode, Writing, door};
use time::OffsetDateTime;

use super::{entity, platform_entity};
use crate::error::{corrupt, met, repository};
use crate::paging::paged;
use crate::unit::{SeaPlatformUnit, TenantUnit};

/// The queue of a unit over one of the two tables of jobs, which differ in their owner and in nothing else.
macro_rules! queue {
    ($unit:ty, $writing:ty, $door:ty, $table:ident $(, $owner:ident: $of:ident)?; $($mode:ident)?) => {
        #[async_trait]
        impl$(<$mode: Mode>)? JobReader for $unit {
            async fn find(&self, id: JobId) -> Result<Option<JobRecord>, RepositoryError> {
                let this = Filter::eq($table::Column::Id, id.as_uuid());
                let found = self.tx.find::<$table::Entity>().filter(this).one().await.map_err(repository)?;
                found.map(TryFrom::try_from).transpose()
            }

            async fn list(
                &self,
                filter: &JobFilter,
                page: &PageRequest<()>,
            ) -> Result<Page<JobRecord>, RepositoryError> {
                use $table::Column;
                let parts = [
                    filter.status.map(|status| Filter::eq(Column::Status, status.as_str())),
                    filter.kind.as_deref().map(|kind| Filter::eq(Column::Kind, kind)),
                ];
                let find = self.tx.find::<$table::Entity>().filter(Filter::all(parts.into_iter().flatten()));
                let rows = paged(find, page, None, Column::Id)?.all().await.map_err(repository)?;
                let jobs = rows.into_iter().map(TryFrom::try_from).collect::<Result<Vec<JobRecord>, _>>()?;
                Ok(Page::cut(jobs, page.limit, |job| Position { value: SortValue::Id, id: job.id.as_uuid() }))
            }
        }

        impl $writing {
            /// A change of the job while it stands so.
            fn standing(&self, id: JobId, status: JobStatus) -> Change<'_, $table::Entity, $door> {
                use $table::Column;
                let which = [Filter::eq(Column::Id, id.as_uuid()), Filter::eq(Column::Status, status.as_str())];
                self.tx.update::<$table::Entity>().filter(Filter::all(which))
            }

            /// A change of the job for who holds its current lease.
            fn leased(&self, id: JobId, lease: i64) -> Change<'_, $table::Entity, $door> {
                use $table::Column;
                let held = [Filter::eq(Column::Lease, lease), Filter::is_not_null(Column::LeasedUntil)];
                let change = self.standing(id, JobStatus::Queued).filter(Filter::all(held));
                change.set(Column::LeasedUntil, None::<OffsetDateTime>)
            }
        }

        #[async_trait]
        impl JobQueue for $writing {
            async fn enqueue(&self, job: NewJob) -> Result<bool, RepositoryError> {
                let row = $table::Model {
                    $($owner: self.$of,)?
                    id: job.id.as_uuid(),
                    kind: job.kind,
                    payload: job.payload.text(),
                    status: JobStatus::Queued.as_str().into(),
                    run_at: job.run_at,
                    leased_until: None,
                    lease: 0,
                    attempts: 0,
                    priority: job.priority.rank(),
                    unique_key: job.unique_key,
                    last_error: None,
                    created_at: job.created_at,
                    finished_at: None,
                };
                self.tx.insert_unless_taken::<$table::Entity>(row).await.map_err(repository)
            }

            async fn complete(&self, id: JobId, lease: i64, now: OffsetDateTime) -> Result<(), RepositoryError> {
                use $table::Column;
                let change = self.leased(id, lease).set(Column::Status, JobStatus::Done.as_str());
                met(change.set(Column::FinishedAt, now).execute().await.map_err(repository)?)
            }

            async fn fail(
                &self,
                id: JobId,
                lease: i64,
                error: &str,
                now: OffsetDateTime,
                again: Option<OffsetDateTime>,
            ) -> Result<(), RepositoryError> {
                use $table::Column;
                let change = self.leased(id, lease).set(Column::LastError, error);
                let change = match again {
                    Some(again) => change.set(Column::RunAt, again),
                    None => change.set(Column::Status, JobStatus::Dead.as_str()).set(Column::FinishedAt, now),
                };
                met(change.execute().await.map_err(repository)?)
            }

            async fn requeue(&self, id: JobId, now: OffsetDateTime) -> Result<(), RepositoryError> {
                use $table::Column;
                let change = self
                    .standing(id, JobStatus::Dead)
                    .set(Column::Status, JobStatus::Queued.as_str())
                    .set(Column::Attempts, 0)
                    .set(Column::RunAt, now)
                    .set(Column::FinishedAt, None::<OffsetDateTime>);
                met(change.execute().await.map_err(repository)?)
            }
        }

        impl TryFrom<$table::Model> for JobRecord {
            type Error = RepositoryError;

            fn try_from(row: $table::Model) -> Result<Self, RepositoryError> {
                Ok(Self {
                    id: Id::new(row.id),
                    kind: row.kind,
                    payload: row.payload,
                    status: JobStatus::parse(&row.status).ok_or(corrupt("jobs.status"))?,
                    priority: Priority::of_rank(row.priority).ok_or(corrupt("jobs.priority"))?,
                    unique_key: row.unique_key,
                    created_at: row.created_at,
                    run_at: row.run_at,
                    leased_until: row.leased_until,
                    lease: row.lease,
                    attempts: u32::try_from(row.attempts).map_err(|_| corrupt("jobs.attempts"))?,
                    last_error: row.last_error,
                    finished_at: row.finished_at,
                })
            }
        }
    };
}

queue!(TenantUnit<M>, TenantUnit<Writing>, door::Tenant, entity, tenant_id: tenant; M);
queue!(SeaPlatformUnit, SeaPlatformUnit, door::Platform, platform_entity;);
