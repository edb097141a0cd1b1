use async_trait::async_trait;
use cotenant_domain::jobs::{
    Claim, JobDispatcher, JobEnvelope, JobRecord, JobStatus, Leased, PlatformJobEnvelope, Round,
};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenants::{Tenant, TenantId};
use time::OffsetDateTime;

use super::database::MemoryDatabase;
use super::state::{Jobs, State};

fn is_due(row: &JobRecord, now: OffsetDateTime) -> bool {
    row.status == JobStatus::Queued && row.run_at <= now && row.leased_until.is_none_or(|until| until <= now)
}

fn is_in_use(tenant: &Tenant, now: OffsetDateTime) -> bool {
    tenant.status.is_in_use(tenant.expires_at, now)
}

/// How many more jobs of a tenant may be in hand.
fn room(jobs: &Jobs, claim: &Claim) -> usize {
    let in_hand = jobs.values().filter(|row| row.is_running(claim.now)).count();
    (claim.in_hand as usize).saturating_sub(in_hand)
}

/// Leases the first of these jobs at their owner's turn.
fn take(jobs: &mut Jobs, claim: &Claim, most: usize) -> Vec<JobRecord> {
    let room = most.min(claim.turn as usize);
    let mut due: Vec<_> = jobs.values_mut().filter(|row| is_due(row, claim.now)).collect();
    due.sort_by_key(|row| (row.priority, row.run_at, row.id));
    let lease = |row: &mut JobRecord| {
        row.leased_until = Some(claim.until);
        row.lease += 1;
        row.attempts += 1;
        row.clone()
    };
    due.into_iter().take(room).map(lease).collect()
}

/// The row of a lease that is the current one.
fn held<'s>(state: &'s mut State, leased: &Leased) -> Option<&'s mut JobRecord> {
    let row = match leased {
        Leased::Tenant(envelope) => state.room_mut(envelope.tenant_id).ok()?.jobs.get_mut(&envelope.job_id),
        Leased::Platform(envelope) => state.platform_jobs.get_mut(&envelope.job_id),
    };
    let current = |row: &&mut JobRecord| {
        row.lease == leased.lease() && row.status == JobStatus::Queued && row.leased_until.is_some()
    };
    row.filter(current)
}

fn purge_from(jobs: &mut Jobs, ended: JobStatus, before: OffsetDateTime, most: u32) -> u64 {
    let old = |row: &&JobRecord| row.status == ended && row.finished_at.is_some_and(|at| at < before);
    let ids: Vec<_> = jobs.values().filter(old).map(|row| row.id).take(most as usize).collect();
    ids.iter().filter(|id| jobs.remove(id).is_some()).count() as u64
}

impl MemoryDatabase {
    async fn dispatch<T>(&self, act: impl FnOnce(&mut State) -> T) -> Result<T, RepositoryError> {
        let work = self.writer().await;
        let outcome = work.change(|state| Ok(act(state)))?;
        work.publish()?;
        Ok(outcome)
    }
}

#[async_trait]
impl JobDispatcher for MemoryDatabase {
    async fn lease(&self, claim: &Claim, after: Option<TenantId>) -> Result<Round, RepositoryError> {
        self.dispatch(|state| {
            let mut tenants: Vec<TenantId> = state.rooms_mut().map(|(tenant, _)| tenant).collect();
            tenants.sort_by_key(|tenant| (after.is_some_and(|after| *tenant <= after), *tenant));
            let mut leased = Vec::new();
            for tenant_id in tenants {
                let in_use = state.tenants.get(&tenant_id).is_some_and(|tenant| is_in_use(tenant, claim.now));
                let most = (claim.most as usize).saturating_sub(leased.len());
                if let Some(tenant) = state.room_mut(tenant_id).ok().filter(|_| in_use) {
                    let most = most.min(room(&tenant.jobs, claim));
                    let taken = take(&mut tenant.jobs, claim, most).into_iter();
                    leased.extend(taken.map(|job| JobEnvelope { job_id: job.id, tenant_id, lease: job.lease }));
                }
            }
            let at = leased.last().map(|envelope: &JobEnvelope| envelope.tenant_id);
            Round { leased, at, cut: false }
        })
        .await
    }

    async fn lease_at_platform(&self, claim: &Claim) -> Result<Vec<PlatformJobEnvelope>, RepositoryError> {
        let taken = self.dispatch(|state| take(&mut state.platform_jobs, claim, claim.most as usize)).await?;
        Ok(taken.into_iter().map(|job| PlatformJobEnvelope { job_id: job.id, lease: job.lease }).collect())
    }

    async fn renew(&self, all: &[Leased], until: OffsetDateTime) -> Result<Vec<Leased>, RepositoryError> {
        self.dispatch(|state| {
            let renew = |leased: &&Leased| held(state, leased).map(|row| row.leased_until = Some(until)).is_some();
            all.iter().filter(renew).copied().collect()
        })
        .await
    }

    async fn hand_back(&self, all: &[Leased]) -> Result<(), RepositoryError> {
        self.dispatch(|state| {
            for leased in all {
                if let Some(row) = held(state, leased) {
                    (row.leased_until, row.attempts) = (None, row.attempts.saturating_sub(1));
                }
            }
        })
        .await
    }

    async fn purge(&self, ended: JobStatus, before: OffsetDateTime, most: u32) -> Result<u64, RepositoryError> {
        self.dispatch(|state| {
            let rooms = state.rooms_mut();
            let of_tenants: u64 = rooms.map(|(_, room)| purge_from(&mut room.jobs, ended, before, most)).sum();
            of_tenants + purge_from(&mut state.platform_jobs, ended, before, most)
        })
        .await
    }

    async fn tenants_in_use(
        &self,
        now: OffsetDateTime,
        after: Option<TenantId>,
        most: u32,
    ) -> Result<Vec<TenantId>, RepositoryError> {
        self.dispatch(|state| {
            let in_use = state.tenants.values().filter(|tenant| is_in_use(tenant, now)).map(|tenant| tenant.base.id);
            in_use.filter(|tenant| after.is_none_or(|after| *tenant > after)).take(most as usize).collect()
        })
        .await
    }
}
