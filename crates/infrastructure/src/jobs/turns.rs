//! Tenants take turns: which is next, whether it is in use, and how much of its work is in hand.

use cotenant_domain::jobs::{Claim, JobEnvelope, JobStatus};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Dispatcher;
use cotenant_scoped::{Filter, Order, Transaction, Writing};
use time::OffsetDateTime;
use uuid::Uuid;

use super::due::{Column, Entity};
use super::tenant_in_use;
use crate::error::{corrupt, repository};

type Desk = Transaction<Dispatcher, Writing>;

/// Jobs that can be had: queued, due, and in nobody's hands. That they have not ended says their status too; the index of
/// those that have not is used where it is said in these words.
fn due(now: OffsetDateTime) -> Filter<Entity> {
    let free = Filter::any([Filter::is_null(Column::LeasedUntil), Filter::lte(Column::LeasedUntil, now)]);
    let queued = [Filter::eq(Column::Status, JobStatus::Queued.as_str()), Filter::is_null(Column::FinishedAt)];
    Filter::all(queued.into_iter().chain([Filter::lte(Column::RunAt, now), free]))
}

/// The first tenant after another that has a job to be had.
pub(super) async fn next(
    desk: &Desk,
    now: OffsetDateTime,
    after: Option<Uuid>,
) -> Result<Option<Uuid>, RepositoryError> {
    let find = desk.find::<Entity>().filter(due(now));
    let find = match after {
        Some(after) => find.filter(Filter::gt(Column::TenantId, after)),
        None => find,
    };
    // By the whole order of that index: by the tenant alone, the rows could be walked in the order of their ids as well, and
    // through all that is done.
    let find = find.order_by(Column::TenantId, Order::Ascending).order_by(Column::Priority, Order::Ascending);
    let found = find.order_by(Column::RunAt, Order::Ascending).limit(1).one().await.map_err(repository)?;
    Ok(found.map(|job| job.tenant_id))
}

pub(super) async fn is_in_use(desk: &Desk, now: OffsetDateTime, tenant: Uuid) -> Result<bool, RepositoryError> {
    let this = Filter::eq(tenant_in_use::Column::Id, tenant);
    let found = desk.find::<tenant_in_use::Entity>().filter(this).one().await.map_err(repository)?;
    let Some(tenant) = found else { return Ok(false) };
    let status = TenantStatus::parse(&tenant.status).ok_or(corrupt("tenants.status"))?;
    Ok(status.is_in_use(tenant.expires_at, now))
}

/// How many of the tenant's jobs are in hand, with any worker.
async fn in_hand(desk: &Desk, now: OffsetDateTime, tenant: Uuid) -> Result<u64, RepositoryError> {
    let held = Filter::all([Filter::eq(Column::TenantId, tenant), Filter::gt(Column::LeasedUntil, now)]);
    desk.find::<Entity>().filter(held).count().await.map_err(repository)
}

/// Leases jobs of a tenant at its turn, `most` of all.
pub(super) async fn take(
    desk: &Desk,
    claim: &Claim,
    tenant: Uuid,
    most: usize,
) -> Result<Vec<JobEnvelope>, RepositoryError> {
    let held = in_hand(desk, claim.now, tenant).await?;
    let room = u64::from(claim.in_hand).saturating_sub(held).min(u64::from(claim.turn)).min(most as u64);
    if room == 0 {
        return Ok(Vec::new());
    }
    let its = Filter::all([Filter::eq(Column::TenantId, tenant), due(claim.now)]);
    let find = desk.find::<Entity>().filter(its).order_by(Column::Priority, Order::Ascending);
    let find = find.order_by(Column::RunAt, Order::Ascending).order_by(Column::Id, Order::Ascending);
    let jobs = find.limit(room).lock_free().all().await.map_err(repository)?;
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    let these = Filter::is_in(Column::Id, jobs.iter().map(|job| job.id));
    let change = desk.update::<Entity>().filter(Filter::all([Filter::eq(Column::TenantId, tenant), these]));
    change
        .set(Column::LeasedUntil, claim.until)
        .add(Column::Lease, 1)
        .add(Column::Attempts, 1)
        .execute()
        .await
        .map_err(repository)?;
    let envelope = |job: super::due::Model| JobEnvelope {
        job_id: Id::new(job.id),
        tenant_id: Id::new(job.tenant_id),
        lease: job.lease + 1,
    };
    Ok(jobs.into_iter().map(envelope).collect())
}
