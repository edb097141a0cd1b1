use std::convert::Infallible;
use std::sync::Arc;

use cotenant_domain::jobs::{JobStatus, next_scheduled, purge, queue_scheduled};
use time::{Duration, OffsetDateTime};

use super::Shop;

/// How often jobs that have ended are purged.
const PURGES: Duration = Duration::HOUR;

/// What a worker sees to beside its jobs, when its time has come: schedules, and the purge.
pub(super) struct Chores {
    shop: Arc<Shop>,
    schedules: Option<OffsetDateTime>,
    purge: OffsetDateTime,
}

impl Chores {
    pub(super) fn new(shop: Arc<Shop>) -> Self {
        let now = shop.deps.clock.now();
        // At its start a worker looks what came up while none was there.
        let schedules = next_scheduled(&shop.handlers, now).map(|_| now);
        Self { shop, schedules, purge: now }
    }

    /// Sees to them until it is dropped: beside the jobs, whose leases have to be prolonged however long a purge takes.
    pub(super) async fn keep(mut self) -> Infallible {
        loop {
            self.see_to().await;
            tokio::time::sleep(self.shop.pause).await;
        }
    }

    async fn see_to(&mut self) {
        let (deps, now) = (&self.shop.deps, self.shop.deps.clock.now());
        if self.schedules.is_some_and(|at| at <= now) {
            match queue_scheduled(deps, &self.shop.handlers).await {
                Ok(_) => self.schedules = next_scheduled(&self.shop.handlers, now),
                Err(error) => tracing::warn!(%error, "schedules cannot be looked at at the moment"),
            }
        }
        if self.purge <= now {
            self.purge = now + PURGES;
            for (ended, kept) in [(JobStatus::Done, self.shop.keep_done), (JobStatus::Dead, self.shop.keep_dead)] {
                let status = ended.as_str();
                match purge(deps, ended, now - kept).await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, status, "jobs that ended long ago were purged"),
                    Err(error) => tracing::warn!(%error, status, "jobs cannot be purged at the moment"),
                }
            }
        }
    }
}
