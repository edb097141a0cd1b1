use async_trait::async_trait;
use cotenant_domain::jobs::{Job, JobId, JobQueue, JobStatus, NewJob};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::{Change, Filter, Writing, door};
use time::OffsetDateTime;

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, repository};
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<Job, RepositoryError> {
    Ok(Job {
        id: Id::new(row.id),
        kind: row.kind,
        payload: serde_json::from_str(&row.payload).map_err(|_| corrupt("jobs.payload"))?,
        status: JobStatus::parse(&row.status).ok_or(corrupt("jobs.status"))?,
        attempts: row.attempts,
        lease: row.lease,
    })
}

impl TenantUnit<Writing> {
    /// A change of the job for who holds its current lease.
    fn leased(&self, id: JobId, lease: i64) -> Change<'_, Entity, door::Tenant> {
        let which = [
            Filter::eq(Column::Id, id.as_uuid()),
            Filter::eq(Column::Lease, lease),
            Filter::eq(Column::Status, JobStatus::Queued.as_str()),
        ];
        self.tx.update::<Entity>().filter(Filter::all(which))
    }
}

#[async_trait]
impl JobQueue for TenantUnit<Writing> {
    async fn enqueue(&self, job: NewJob) -> Result<(), RepositoryError> {
        let row = Model {
            tenant_id: self.tenant,
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
        self.tx.insert::<Entity>(row).await.map_err(repository)
    }

    async fn find(&self, id: JobId) -> Result<Option<Job>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn complete(&self, id: JobId, lease: i64, now: OffsetDateTime) -> Result<(), RepositoryError> {
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
        let change =
            self.leased(id, lease).set(Column::LastError, error).set(Column::LeasedUntil, None::<OffsetDateTime>);
        let change = match again {
            Some(again) => change.set(Column::RunAt, again),
            None => change.set(Column::Status, JobStatus::Dead.as_str()).set(Column::FinishedAt, now),
        };
        met(change.execute().await.map_err(repository)?)
    }

    async fn postpone(&self, id: JobId, lease: i64, again: OffsetDateTime) -> Result<(), RepositoryError> {
        let change = self
            .leased(id, lease)
            .set(Column::RunAt, again)
            .set(Column::LeasedUntil, None::<OffsetDateTime>)
            .add(Column::Attempts, -1);
        met(change.execute().await.map_err(repository)?)
    }
}
