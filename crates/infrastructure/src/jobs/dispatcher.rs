use async_trait::async_trait;
use cotenant_domain::jobs::{JobDispatcher, JobEnvelope, JobStatus};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::{Filter, Order};
use time::OffsetDateTime;

use super::due::{Column, Entity};
use crate::error::repository;
use crate::unit::SeaDatabase;

#[async_trait]
impl JobDispatcher for SeaDatabase {
    async fn lease(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<JobEnvelope>, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let free = Filter::any([Filter::is_null(Column::LeasedUntil), Filter::lte(Column::LeasedUntil, now)]);
        let due = Filter::all([
            Filter::eq(Column::Status, JobStatus::Queued.as_str()),
            Filter::lte(Column::RunAt, now),
            free,
        ]);
        let find = tx.find::<Entity>().filter(due).order_by(Column::RunAt, Order::Ascending);
        let jobs = find.order_by(Column::Id, Order::Ascending).limit(u64::from(most)).lock_free().all().await;
        let mut envelopes = Vec::new();
        for job in jobs.map_err(repository)? {
            let which = [Filter::eq(Column::TenantId, job.tenant_id), Filter::eq(Column::Id, job.id)];
            let change = tx
                .update::<Entity>()
                .filter(Filter::all(which))
                .set(Column::LeasedUntil, until)
                .add(Column::Lease, 1)
                .add(Column::Attempts, 1);
            if change.execute().await.map_err(repository)? == 1 {
                envelopes.push(JobEnvelope {
                    job_id: Id::new(job.id),
                    tenant_id: Id::new(job.tenant_id),
                    lease: job.lease + 1,
                });
            }
        }
        tx.commit().await.map_err(repository)?;
        Ok(envelopes)
    }
}
