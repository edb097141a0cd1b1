//! The worker: claims jobs that are due, does several at a time, keeps their leases while it lives, and stops in order.

mod alone;
mod chores;
mod hands;
mod shift;

use std::sync::Arc;
use std::time::Duration as StdDuration;

use cotenant_domain::Deps;
use cotenant_domain::jobs::{Handlers, WorkerSettings};
use time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Jobs;

pub use alone::run_worker;

/// What a worker works with.
pub(crate) struct Shop {
    deps: Deps,
    handlers: Handlers,
    settings: WorkerSettings,
    /// How many jobs it does at a time.
    hands: usize,
    /// Between two looks for jobs.
    pause: StdDuration,
    /// The longest time for one attempt.
    limit: StdDuration,
    /// How long jobs that are done are kept.
    keep_done: Duration,
    /// How long those are kept that were given up.
    keep_dead: Duration,
}

/// Does due jobs until it is told to stop.
pub struct Worker {
    stop: watch::Sender<Option<StdDuration>>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts to work.
    pub fn start(deps: Deps, handlers: Handlers, jobs: &Jobs) -> Self {
        let hands = jobs.concurrency;
        let settings = WorkerSettings {
            lease: Duration::seconds(i64::try_from(jobs.lease_seconds).unwrap_or(i64::MAX)),
            hands,
            // Several at a turn save claims; with a quarter of the hands each, four tenants are at work at once.
            turn: hands.div_ceil(4),
            in_hand: jobs.tenant_in_hand,
            max_attempts: jobs.max_attempts,
        };
        let shop = Shop {
            deps,
            handlers,
            settings,
            hands: hands as usize,
            pause: StdDuration::from_millis(jobs.poll_ms),
            limit: StdDuration::from_secs(jobs.time_limit_seconds),
            keep_done: Duration::hours(jobs.keep_done_hours.into()),
            keep_dead: Duration::days(jobs.keep_dead_days.into()),
        };
        let (stop, stopped) = watch::channel(None);
        Self { stop, task: tokio::spawn(shift::work(Arc::new(shop), stopped)) }
    }

    /// Waits until the worker ends though nobody told it to, which is a defect: no more jobs are done. It must not be stopped
    /// after that.
    pub async fn ended(&mut self) {
        match (&mut self.task).await {
            Ok(()) => tracing::error!("the worker ended by itself"),
            Err(error) => tracing::error!(%error, "the worker ended by itself"),
        }
    }

    /// Lets the worker finish what it has begun, for so long; what is not finished by then is broken off and handed back, so
    /// that another worker has it at once.
    pub async fn stop(mut self, patience: StdDuration) {
        self.stop.send_replace(Some(patience));
        match tokio::time::timeout(patience + GRACE, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the worker ended badly"),
            Err(_) => {
                tracing::warn!("the worker could not hand its jobs back: their leases have to run out");
                self.task.abort();
            }
        }
    }
}

/// What handing jobs back may take.
const GRACE: StdDuration = StdDuration::from_secs(2);
