use std::str::FromStr;

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use super::attempt::{Done, PlatformAttempt};
use super::cron::Cron;
use super::desk::platform_scope;
use super::error::JobError;
use super::handlers::Handlers;
use super::kind::{JobKind, PlatformJobHandler, Priority};
use super::model::{JobId, NewJob};
use super::payload::{Field, Fields};
use super::scope::JobScope;
use crate::Deps;
use crate::shared::RepositoryError;
use crate::tenants::TenantId;

/// How many tenants one job queues for.
const TENANTS_AT_A_TIME: u32 = 100;

/// Why there cannot be such a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// Not a pattern of cron.
    #[error("{0:?} is not a pattern of cron with five fields")]
    Cron(String),
    /// The kind has one. When it last came up is stored by the kind: of two, each would hide times of the other.
    #[error("jobs of the kind {0} have a schedule already")]
    Second(&'static str),
}

/// Where the jobs of a schedule are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    EachTenant,
    Platform,
}

/// A kind of job that is queued by the clock. Its name is the kind's.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) kind: &'static str,
    pub(super) priority: Priority,
    pub(super) place: Place,
    pub(super) cron: Cron,
}

/// Queues the jobs of schedules that have come up since they last did; answers how many schedules. To be called again and
/// again, by every worker: each time is acted upon by one of them. A schedule that is new begins with the next time.
///
/// # Errors
///
/// Those of the database; what was not queued is by the next call.
pub async fn queue_scheduled(deps: &Deps, handlers: &Handlers) -> Result<u32, RepositoryError> {
    let (now, mut queued) = (deps.clock.now(), 0);
    for schedule in handlers.schedules() {
        if let Some(time) = schedule.cron.last_until(now) {
            queued += u32::from(queue(deps, schedule, time).await?);
        }
    }
    Ok(queued)
}

/// The next time that a schedule comes up after an instant; `None` without schedules.
pub fn next_scheduled(handlers: &Handlers, after: OffsetDateTime) -> Option<OffsetDateTime> {
    handlers.schedules().iter().filter_map(|schedule| schedule.cron.next_after(after)).min()
}

/// In one transaction: that the time was acted upon, and the job that it asks for.
async fn queue(deps: &Deps, schedule: &Schedule, time: OffsetDateTime) -> Result<bool, RepositoryError> {
    let unit = deps.db.platform(&platform_scope()).await?;
    let kind = schedule.kind;
    let Some(last) = unit.schedules().last(kind).await? else {
        unit.schedules().begin(kind, time).await?;
        unit.commit().await?;
        return Ok(false);
    };
    if last >= time || !unit.schedules().advance(kind, last, time).await? {
        return Ok(false);
    }
    let now = deps.clock.now();
    let job = match schedule.place {
        Place::Platform => {
            let id = job_id(kind, time, None);
            NewJob::named(id, kind.to_owned(), Fields::default(), schedule.priority, now)
        }
        Place::EachTenant => {
            let kind = KindName(kind.to_owned());
            let about = Rota { kind, priority: schedule.priority, time, after: TenantId::new(Uuid::nil()) };
            NewJob::of::<FanOut>(JobId::new(deps.ids.next()), &about, now)
        }
    };
    unit.jobs().enqueue(job).await?;
    unit.commit().await?;
    Ok(true)
}

/// The name of a kind, in a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KindName(String);

impl Field for KindName {
    fn write(&self) -> String {
        self.0.clone()
    }

    fn read(stored: &str) -> Option<Self> {
        Some(Self(stored.to_owned()))
    }
}

impl Field for Priority {
    fn write(&self) -> String {
        self.rank().to_string()
    }

    fn read(stored: &str) -> Option<Self> {
        stored.parse().ok().and_then(Self::of_rank)
    }
}

crate::payload! {
    /// Which kind of job each tenant is to have, and for what time.
    pub(super) struct Rota {
        /// The kind.
        kind: KindName,
        /// The priority of its jobs.
        priority: Priority,
        /// The time that came up.
        time: OffsetDateTime,
        /// The tenant after which to go on, by id; before all of them, the nil UUID.
        after: TenantId,
    }
}

/// Queues a scheduled job in each tenant of a page, and in one transaction with its own end the job for the next page: what
/// breaks off begins again with its page, so that any number of tenants gets through.
///
/// The ids of these jobs follow from kind, time and tenant: begun again, it queues none twice, not even those that are done.
/// So does the id of the next page. A tenant in which nothing can be queued keeps nobody else waiting: those after it have
/// their jobs, the next page is queued, and what failed is tried again with this one.
pub(super) struct FanOut;

impl JobKind for FanOut {
    const NAME: &'static str = "schedule.fan_out";
    type Payload = Rota;
}

#[async_trait]
impl PlatformJobHandler for FanOut {
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: Rota) -> Result<Done, JobError> {
        let (deps, now) = (attempt.deps, attempt.now());
        let tenants = deps.db.dispatcher().tenants_in_use(now, Some(about.after), TENANTS_AT_A_TIME).await?;
        let last = tenants.last().copied().filter(|_| tenants.len() == TENANTS_AT_A_TIME as usize);
        let mut failed = None;
        for tenant in tenants {
            if let Err(error) = queue_in(deps, tenant, &about, now).await {
                tracing::warn!(%tenant, kind = about.kind.0, %error, "a scheduled job could not be queued");
                failed = Some(error);
            }
        }
        let unit = attempt.platform().await?;
        if let Some(last) = last {
            let id = job_id(&format!("{} of {}", Self::NAME, about.kind.0), about.time, Some(last));
            unit.jobs().enqueue(NewJob::of::<Self>(id, &Rota { after: last, ..about }, now)).await?;
        }
        let Some(error) = failed else { return attempt.finish(unit).await };
        unit.commit().await?;
        Err(JobError::Failed { what: "not every tenant has its scheduled job", source: Box::new(error) })
    }
}

/// Queues the scheduled job of one tenant, where it is not there already.
async fn queue_in(deps: &Deps, tenant: TenantId, about: &Rota, now: OffsetDateTime) -> Result<(), RepositoryError> {
    let id = job_id(&about.kind.0, about.time, Some(tenant));
    let job = NewJob::named(id, about.kind.0.clone(), Fields::default(), about.priority, now);
    let unit = deps.db.write(&JobScope::scheduled(tenant).write()).await?;
    if unit.jobs().enqueue(job).await? {
        unit.commit().await?;
    }
    Ok(())
}

/// The one id of the job of a kind at a time in a tenant (or after one): a UUID of version 8 (RFC 9562) over their hash.
fn job_id(kind: &str, time: OffsetDateTime, tenant: Option<TenantId>) -> JobId {
    let hash = Sha256::new()
        .chain_update(time.unix_timestamp().to_be_bytes())
        .chain_update(tenant.map_or(Uuid::nil(), |tenant| tenant.as_uuid()))
        .chain_update(kind);
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = <[u8; 32]>::from(hash.finalize());
    JobId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

impl FromStr for Cron {
    type Err = BadSchedule;

    fn from_str(pattern: &str) -> Result<Self, BadSchedule> {
        Self::of(pattern).ok_or_else(|| BadSchedule::Cron(pattern.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_scheduled_job_has_one_id_for_each_kind_time_and_tenant() {
        let (at, tenant) = (datetime!(2026-01-01 03:00 UTC), TenantId::new(Uuid::from_u128(1)));
        let id = job_id("a.job", at, Some(tenant));
        assert_eq!(id, job_id("a.job", at, Some(tenant)));
        let others = [
            job_id("b.job", at, Some(tenant)),
            job_id("a.job", at + time::Duration::SECOND, Some(tenant)),
            job_id("a.job", at, Some(TenantId::new(Uuid::from_u128(2)))),
            job_id("a.job", at, None),
        ];
        assert!(others.iter().all(|other| *other != id));
        assert_eq!(id.as_uuid().get_version_num(), 8);
    }
}
