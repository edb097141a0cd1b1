use async_trait::async_trait;
use cotenant_domain::jobs::{JobDispatcher, JobEnvelope, JobStatus, PlatformJobEnvelope};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::{Filter, Order};
use time::OffsetDateTime;

use super::{due, platform_due};
use crate::error::repository;
use crate::unit::SeaDatabase;

/// Leases the due jobs of one of the two tables, each found by its key.
macro_rules! lease {
    ($database:ident, $table:ident, $now:ident, $until:ident, $most:ident, |$job:ident| [$($key:expr),*] => $envelope:expr) => {{
        use $table::{Column, Entity};
        let tx = $database.scoped.dispatcher().await.map_err(repository)?;
        let free = Filter::any([Filter::is_null(Column::LeasedUntil), Filter::lte(Column::LeasedUntil, $now)]);
        let due = Filter::all([
            Filter::eq(Column::Status, JobStatus::Queued.as_str()),
            Filter::lte(Column::RunAt, $now),
            free,
        ]);
        let find = tx.find::<Entity>().filter(due).order_by(Column::RunAt, Order::Ascending);
        let jobs = find.order_by(Column::Id, Order::Ascending).limit(u64::from($most)).lock_free().all().await;
        let mut envelopes = Vec::new();
        for $job in jobs.map_err(repository)? {
            let change = tx
                .update::<Entity>()
                .filter(Filter::all([$($key),*]))
                .set(Column::LeasedUntil, $until)
                .add(Column::Lease, 1)
                .add(Column::Attempts, 1);
            if change.execute().await.map_err(repository)? == 1 {
                envelopes.push($envelope);
            }
        }
        tx.commit().await.map_err(repository)?;
        Ok(envelopes)
    }};
}

#[async_trait]
impl JobDispatcher for SeaDatabase {
    async fn lease(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<JobEnvelope>, RepositoryError> {
        lease!(self, due, now, until, most, |job| [
            Filter::eq(due::Column::TenantId, job.tenant_id),
            Filter::eq(due::Column::Id, job.id)
        ] => JobEnvelope { job_id: Id::new(job.id), tenant_id: Id::new(job.tenant_id), lease: job.lease + 1 })
    }

    async fn lease_at_platform(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<PlatformJobEnvelope>, RepositoryError> {
        lease!(self, platform_due, now, until, most, |job| [
            Filter::eq(platform_due::Column::Id, job.id)
        ] => PlatformJobEnvelope { job_id: Id::new(job.id), lease: job.lease + 1 })
    }
}
