use async_trait::async_trait;
use cotenant_domain::jobs::{Claim, JobDispatcher, JobStatus, Leased, PlatformJobEnvelope, Round};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::tenants::TenantId;
use cotenant_scoped::door::Dispatcher;
use cotenant_scoped::{Filter, Order, Transaction, Writing};
use time::OffsetDateTime;

use super::{due, platform_due, tenant_in_use, turns};
use crate::error::repository;
use crate::unit::SeaDatabase;

#[async_trait]
impl JobDispatcher for SeaDatabase {
    async fn lease(&self, claim: &Claim, after: Option<TenantId>) -> Result<Round, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let round = turns::round(&tx, claim, after.map(|tenant| tenant.as_uuid())).await?;
        tx.commit().await.map_err(repository)?;
        Ok(round)
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
        let jobs = find.limit(most.into()).lock_free().all().await.map_err(repository)?;
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

    async fn purge(&self, ended: JobStatus, before: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let mut purged = 0;
        macro_rules! purge {
            ($table:ident) => {{
                use $table::{Column, Entity};
                let ended = || Filter::eq(Column::Status, ended.as_str());
                let old = Filter::all([ended(), Filter::lt(Column::FinishedAt, before)]);
                let rows = tx.find::<Entity>().filter(old).order_by(Column::FinishedAt, Order::Ascending);
                let rows = rows.limit(most.into()).lock_free().all().await.map_err(repository)?;
                if let Some(youngest) = rows.last().and_then(|row| row.finished_at) {
                    // Ids may repeat between tenants: what else they meet is as old. Up to the youngest and no further, or each
                    // batch would walk through all that are left.
                    let these = Filter::is_in(Column::Id, rows.iter().map(|row| row.id));
                    let old = Filter::all([ended(), Filter::lte(Column::FinishedAt, youngest), these]);
                    purged += tx.revoke::<Entity>(old).await.map_err(repository)?;
                }
            }};
        }
        purge!(due);
        purge!(platform_due);
        tx.commit().await.map_err(repository)?;
        Ok(purged)
    }

    async fn queued(&self) {
        self.bell.heard().await;
    }

    async fn tenants_in_use(
        &self,
        now: OffsetDateTime,
        after: Option<TenantId>,
        most: u32,
    ) -> Result<Vec<TenantId>, RepositoryError> {
        use tenant_in_use::{Column, Entity};
        let tx = self.scoped.dispatcher().await.map_err(repository)?;
        let mut find = tx.find::<Entity>().filter(turns::in_use(now));
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
