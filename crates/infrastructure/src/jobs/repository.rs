use async_trait::async_trait;
use cotenant_domain::jobs::{Job, JobId, JobQueue, JobStatus, NewJob};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::{Change, Filter, Writing, door};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{entity, platform_entity};
use crate::error::{corrupt, met, repository};
use crate::unit::{SeaPlatformUnit, TenantUnit};

/// The queue of a unit over one of the two tables of jobs, which differ in their owner and in nothing else.
macro_rules! queue {
    ($unit:ty, $door:ty, $table:ident $(, $owner:ident: $of:ident)?) => {
        impl $unit {
            /// A change of the job for who holds its current lease.
            fn leased(&self, id: JobId, lease: i64) -> Change<'_, $table::Entity, $door> {
                use $table::Column;
                let which = [
                    Filter::eq(Column::Id, id.as_uuid()),
                    Filter::eq(Column::Lease, lease),
                    Filter::eq(Column::Status, JobStatus::Queued.as_str()),
                ];
                self.tx.update::<$table::Entity>().filter(Filter::all(which))
            }
        }

        #[async_trait]
        impl JobQueue for $unit {
            async fn enqueue(&self, job: NewJob) -> Result<(), RepositoryError> {
                let row = $table::Model {
                    $($owner: self.$of,)?
                    id: job.id.as_uuid(),
                    kind: job.kind.into(),
                    payload: job.payload.to_string(),
                    status: JobStatus::Queued.as_str().into(),
                    run_at: job.run_at,
                    leased_until: None,
                    lease: 0,
                    attempts: 0,
                    last_error: None,
                    created_at: job.run_at,
                    finished_at: None,
                };
                self.tx.insert::<$table::Entity>(row).await.map_err(repository)
            }

            async fn find(&self, id: JobId) -> Result<Option<Job>, RepositoryError> {
                let this = Filter::eq($table::Column::Id, id.as_uuid());
                let found = self.tx.find::<$table::Entity>().filter(this).one().await.map_err(repository)?;
                let job = |row: $table::Model| job(row.id, row.kind, &row.payload, &row.status, row.attempts, row.lease);
                found.map(job).transpose()
            }

            async fn complete(&self, id: JobId, lease: i64, now: OffsetDateTime) -> Result<(), RepositoryError> {
                use $table::Column;
                let change = self
                    .leased(id, lease)
                    .set(Column::Status, JobStatus::Done.as_str())
                    .set(Column::LeasedUntil, None::<OffsetDateTime>)
                    .set(Column::FinishedAt, now);
                met(change.execute().await.map_err(repository)?)
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
                let change = change.set(Column::LeasedUntil, None::<OffsetDateTime>);
                let change = match again {
                    Some(again) => change.set(Column::RunAt, again),
                    None => change.set(Column::Status, JobStatus::Dead.as_str()).set(Column::FinishedAt, now),
                };
                met(change.execute().await.map_err(repository)?)
            }

            async fn postpone(&self, id: JobId, lease: i64, again: OffsetDateTime) -> Result<(), RepositoryError> {
                use $table::Column;
                let change = self
                    .leased(id, lease)
                    .set(Column::RunAt, again)
                    .set(Column::LeasedUntil, None::<OffsetDateTime>)
                    .add(Column::Attempts, -1);
                met(change.execute().await.map_err(repository)?)
            }
        }
    };
}

queue!(TenantUnit<Writing>, door::Tenant, entity, tenant_id: tenant);
queue!(SeaPlatformUnit, door::Platform, platform_entity);

fn job(id: Uuid, kind: String, payload: &str, status: &str, attempts: i32, lease: i64) -> Result<Job, RepositoryError> {
    Ok(Job {
        id: Id::new(id),
        kind,
        payload: serde_json::from_str(payload).map_err(|_| corrupt("jobs.payload"))?,
        status: JobStatus::parse(status).ok_or(corrupt("jobs.status"))?,
        attempts,
        lease,
    })
}
