//! Tenants take turns: which is next, whether it is in use, and how much of its work is in hand.
//!
//! # Why a round passes over so many tenants and no more
//!
//! The jobs of a tenant that is not in use stay as they are, so that they are to be had the moment it is in use again. Each
//! costs a round two statements, in one transaction, which on SQLite is the only one that writes. With hundreds of them a
//! round ends early, and the next goes on where it ended. One statement that asks for tenants and jobs together would walk
//! through every job that waits for a tenant that is not in use, or through every tenant that has none.

use cotenant_domain::jobs::{Claim, JobEnvelope, JobStatus, Round};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Dispatcher;
use cotenant_scoped::{Filter, Order, Transaction, Writing};
use time::OffsetDateTime;
use uuid::Uuid;

use super::due::{Column, Entity};
use super::tenant_in_use;
use crate::error::repository;

type Desk = Transaction<Dispatcher, Writing>;

/// So many tenants that are not in use are passed over in one round.
const MOST_PASSED: u32 = 32;

/// Jobs that can be had: queued, due, and in nobody's hands. That they have not ended says their status too; the index of
/// those that have not is used where it is said in these words.
fn due(now: OffsetDateTime) -> Filter<Entity> {
    let free = Filter::any([Filter::is_null(Column::LeasedUntil), Filter::lte(Column::LeasedUntil, now)]);
    let queued = [Filter::eq(Column::Status, JobStatus::Queued.as_str()), Filter::is_null(Column::FinishedAt)];
    Filter::all(queued.into_iter().chain([Filter::lte(Column::RunAt, now), free]))
}

/// Goes round the tenants that have something due, by id, from after one of them, until everybody was asked or as many jobs
/// are leased as the claim wants.
pub(super) async fn round(desk: &Desk, claim: &Claim, after: Option<Uuid>) -> Result<Round, RepositoryError> {
    let (most, mut leased, mut cut) = (claim.most as usize, Vec::new(), false);
    let (mut at, mut from_the_first, mut passed) = (after, after.is_none(), 0);
    while leased.len() < most {
        let next = next(desk, claim.now, at).await?;
        // The circle is closed where it began.
        if from_the_first && next.is_none_or(|tenant| after.is_some_and(|after| tenant > after)) {
            break;
        }
        let Some(tenant) = next else {
            (at, from_the_first) = (None, true);
            continue;
        };
        if passed == MOST_PASSED {
            cut = true;
            break;
        }
        match first_in_use(desk, claim.now, tenant).await? {
            Some(found) if found == tenant => {
                at = Some(tenant);
                leased.extend(take(desk, claim, tenant, most - leased.len()).await?);
            }
            // Whoever is between them is not in use either.
            found => {
                passed += 1;
                at = Some(found.map_or(Uuid::max(), |found| Uuid::from_u128(found.as_u128().wrapping_sub(1))));
            }
        }
    }
    Ok(Round { leased, at: at.map(Id::new), cut })
}

/// The first tenant after another that has a job to be had.
async fn next(desk: &Desk, now: OffsetDateTime, after: Option<Uuid>) -> Result<Option<Uuid>, RepositoryError> {
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

/// Tenants in use.
pub(super) fn in_use(now: OffsetDateTime) -> Filter<tenant_in_use::Entity> {
    use tenant_in_use::Column;
    let open = Filter::any([Filter::is_null(Column::ExpiresAt), Filter::gt(Column::ExpiresAt, now)]);
    Filter::all([Filter::eq(Column::Status, TenantStatus::Active.as_str()), open])
}

/// The first tenant in use from one on, which may be itself.
async fn first_in_use(desk: &Desk, now: OffsetDateTime, from: Uuid) -> Result<Option<Uuid>, RepositoryError> {
    use tenant_in_use::{Column, Entity};
    let find = desk.find::<Entity>().filter(in_use(now)).filter(Filter::gte(Column::Id, from));
    let found = find.order_by(Column::Id, Order::Ascending).limit(1).one().await.map_err(repository)?;
    Ok(found.map(|tenant| tenant.id))
}

/// How many of the tenant's jobs are in hand, with any worker.
async fn in_hand(desk: &Desk, now: OffsetDateTime, tenant: Uuid) -> Result<u64, RepositoryError> {
    let held = Filter::all([Filter::eq(Column::TenantId, tenant), Filter::gt(Column::LeasedUntil, now)]);
    desk.find::<Entity>().filter(held).count().await.map_err(repository)
}

/// Leases jobs of a tenant at its turn, `most` of all.
async fn take(desk: &Desk, claim: &Claim, tenant: Uuid, most: usize) -> Result<Vec<JobEnvelope>, RepositoryError> {
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
