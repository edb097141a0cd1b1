use async_trait::async_trait;
use cotenant_domain::jobs::{Claim, JobDispatcher, JobEnvelope, JobStatus, Leased, PlatformJobEnvelope};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenants::{TenantId, TenantStatus};
use cotenant_scoped::door::Dispatcher;
use cotenant_scoped::{Filter, Order, Transaction, Writing};
use time::OffsetDateTime;

use super::{due, platform_due, tenant_in_use, turns};
use crate::error::repository;
use crate::unit::SeaDatabase;

#[async_trait]
impl JobDispatcher for SeaDatabase {
    async fn lease(&self, claim: &Claim, after: Option<TenantId>) -> Result<Vec<JobEnvelope>, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let (most, first) = (claim.most as usize, after.map(|tenant| tenant.as_uuid()));
        let (mut leased, mut at, mut round) = (Vec::new(), first, first.is_none());
        while leased.len() < most {
            let tenant = match turns::next(&tx, claim.now, at).await? {
                // The circle is closed where it began.
                Some(tenant) if round && first.is_some_and(|first| tenant > first) => break,
                Some(tenant) => tenant,
                None if round => break,
                None => {
                    (at, round) = (None, true);
                    continue;
                }
            };
            at = Some(tenant);
            if turns::is_in_use(&tx, claim.now, tenant).await? {
                leased.extend(turns::take(&tx, claim, tenant, most - leased.len()).await?);
            }
        }
        tx.commit().await.map_err(repository)?;
        Ok(leased)
    }

    async fn lease_at_platform(&self, claim: &Claim) -> Result<Vec<PlatformJobEnvelope>, RepositoryError> {
        use platform_due::{Column, Entity};
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let queued = Filter::eq(Column::Status, JobStatus::Queued.as_str());
        let free = Filter::any([Filter::is_null(Column::LeasedUntil), Filter::lte(Column::LeasedUntil, claim.now)]);
        let unended = Filter::is_null(Column::FinishedAt);
        let due = Filter::all([queued, unended, Filter::lte(Column::RunAt, claim.now), free]);
        let find = tx.find::<Entity>().filter(due).order_by(Column::Priority, Order::Ascending);
        let find = find.order_by(Column::RunAt, Order::Ascending).order_by(Column::Id, Order::Ascending);
        let most = claim.turn.min(claim.most);
        let mut jobs = find.limit(most.into()).lock_free().all().await.map_err(repository)?;
        if !jobs.is_empty() {
            let held = tx.find::<Entity>().filter(Filter::gt(Column::LeasedUntil, claim.now)).count().await;
            let room = u64::from(claim.in_hand).saturating_sub(held.map_err(repository)?);
            jobs.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        }
        if !jobs.is_empty() {
            let these = Filter::is_in(Column::Id, jobs.iter().map(|job| job.id));
            let change = tx.update::<Entity>().filter(these).set(Column::LeasedUntil, claim.until);
            change.add(Column::Lease, 1).add(Column::Attempts, 1).execute().await.map_err(repository)?;
        }
        tx.commit().await.map_err(repository)?;
        let envelope = |job: platform_due::Model| PlatformJobEnvelope { job_id: Id::new(job.id), lease: job.lease + 1 };
        Ok(jobs.into_iter().map(envelope).collect())
    }

    async fn renew(&self, held: &[Leased], until: OffsetDateTime) -> Result<Vec<Leased>, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let mut current = Vec::new();
        for leased in held {
            if change(&tx, leased, Some(until)).await? {
                current.push(*leased);
            }
        }
        tx.commit().await.map_err(repository)?;
        Ok(current)
    }

    async fn hand_back(&self, held: &[Leased]) -> Result<(), RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        for leased in held {
            change(&tx, leased, None).await?;
        }
        tx.commit().await.map_err(repository)
    }

    async fn purge(&self, before: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let mut purged = 0;
        macro_rules! purge {
            ($table:ident) => {{
                use $table::{Column, Entity};
                let done = || Filter::eq(Column::Status, JobStatus::Done.as_str());
                let old = Filter::all([done(), Filter::lt(Column::FinishedAt, before)]);
                let rows = tx.find::<Entity>().filter(old).order_by(Column::FinishedAt, Order::Ascending);
                let rows = rows.limit(most.into()).lock_free().all().await.map_err(repository)?;
                if let Some(youngest) = rows.last().and_then(|row| row.finished_at) {
                    // Ids may repeat between tenants: what else they meet is as old. Up to the youngest and no further, or each
                    // batch would walk through all that are left.
                    let these = Filter::is_in(Column::Id, rows.iter().map(|row| row.id));
                    let old = Filter::all([done(), Filter::lte(Column::FinishedAt, youngest), these]);
                    purged += tx.revoke::<Entity>(old).await.map_err(repository)?;
                }
            }};
        }
        purge!(due);
        purge!(platform_due);
        tx.commit().await.map_err(repository)?;
        Ok(purged)
    }

    async fn tenants_in_use(
        &self,
        now: OffsetDateTime,
        after: Option<TenantId>,
        most: u32,
    ) -> Result<Vec<TenantId>, RepositoryError> {
        use tenant_in_use::{Column, Entity};
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let open = Filter::any([Filter::is_null(Column::ExpiresAt), Filter::gt(Column::ExpiresAt, now)]);
        let mut find = tx.find::<Entity>().filter(open);
        find = find.filter(Filter::eq(Column::Status, TenantStatus::Active.as_str()));
        if let Some(after) = after {
            find = find.filter(Filter::gt(Column::Id, after.as_uuid()));
        }
        let rows = find.order_by(Column::Id, Order::Ascending).limit(most.into()).all().await.map_err(repository)?;
        Ok(rows.into_iter().map(|tenant| Id::new(tenant.id)).collect())
    }
}

/// Prolongs a lease that is the current one, or (`None`) gives it up with the attempt that it began; whether it was.
async fn change(
    tx: &Transaction<Dispatcher, Writing>,
    leased: &Leased,
    until: Option<OffsetDateTime>,
) -> Result<bool, RepositoryError> {
    macro_rules! change {
        ($table:ident, [$($owner:expr)?]) => {{
            use $table::{Column, Entity};
            let held = [
                $($owner,)?
                Filter::eq(Column::Id, leased.job_id().as_uuid()),
                Filter::eq(Column::Lease, leased.lease()),
                Filter::eq(Column::Status, JobStatus::Queued.as_str()),
                Filter::is_not_null(Column::LeasedUntil),
            ];
            let change = tx.update::<Entity>().filter(Filter::all(held)).set(Column::LeasedUntil, until);
            let change = if until.is_none() { change.add(Column::Attempts, -1) } else { change };
            change.execute().await.map_err(repository)? == 1
        }};
    }
    Ok(match leased {
        Leased::Tenant(envelope) => {
            change!(due, [Filter::eq(Column::TenantId, envelope.tenant_id.as_uuid())])
        }
        Leased::Platform(_) => change!(platform_due, []),
    })
}
