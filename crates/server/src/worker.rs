use std::sync::Arc;
use std::time::Duration as StdDuration;

use cotenant_domain::Deps;
use cotenant_domain::addresses::SendAddressProof;
use cotenant_domain::idempotency::SweepAnswers;
use cotenant_domain::identity::TellOfPassword;
use cotenant_domain::invitations::SendInvitation;
use cotenant_domain::jobs::{JobHandler, PlatformJobHandler, RunReport, WorkerSettings, run_due, run_due_at_platform};
use cotenant_domain::password_resets::SendPasswordReset;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::support::TellOfSupport;
use time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::config::Jobs;

/// How many jobs are leased at once.
const BATCH: u32 = 10;

/// Does due jobs until it is told to stop; then it finishes what it has begun.
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Worker {
    pub(crate) fn start(deps: Deps, jobs: &Jobs) -> Self {
        let settings = WorkerSettings {
            lease: Duration::seconds(i64::try_from(jobs.lease_seconds).unwrap_or(i64::MAX)),
            most: BATCH,
            max_attempts: jobs.max_attempts,
        };
        let pause = StdDuration::from_millis(jobs.poll_ms);
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(work(Arc::new(deps), settings, pause, stopped)) }
    }

    /// Lets the worker finish what it has begun, for so long; then it is dropped, and its leases run out.
    pub(crate) async fn stop(mut self, patience: StdDuration) {
        self.stop.send_replace(true);
        match tokio::time::timeout(patience, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the worker ended badly"),
            Err(_) => {
                tracing::warn!("the worker did not finish in time");
                self.task.abort();
            }
        }
    }
}

async fn batch(deps: Arc<Deps>, settings: WorkerSettings) -> Result<RunReport, RepositoryError> {
    let handlers: [&dyn JobHandler; 2] = [&SendInvitation, &SweepAnswers];
    let in_tenants = run_due(&deps, &handlers, &settings).await?;
    let handlers: [&dyn PlatformJobHandler; 5] =
        [&SendPasswordReset, &TellOfPassword, &SendAddressProof, &TellOfSupport, &SweepAnswers];
    Ok(in_tenants + run_due_at_platform(&deps, &handlers, &settings).await?)
}

async fn work(deps: Arc<Deps>, settings: WorkerSettings, pause: StdDuration, mut stopped: watch::Receiver<bool>) {
    while !*stopped.borrow() {
        // A task of its own: a handler that panics loses its lease in time, and the worker goes on.
        let full = match tokio::spawn(batch(deps.clone(), settings)).await {
            Ok(Ok(report)) => report.done + report.failed + report.dead >= BATCH,
            Ok(Err(error)) => {
                tracing::warn!(%error, "jobs cannot be leased at the moment");
                false
            }
            Err(error) => {
                tracing::error!(%error, "a job panicked");
                false
            }
        };
        if !full {
            // Whichever comes first; an error means that the sender is gone, which is a stop too.
            let _ = tokio::time::timeout(pause, stopped.changed()).await;
        }
    }
}
