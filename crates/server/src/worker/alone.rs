use std::time::Duration;

use cotenant_domain::jobs::Handlers;
use tokio::time::timeout;

use super::Worker;
use crate::config::{Config, Facts};
use crate::failure::Failure;
use crate::serve::CLOSING;
use crate::signals::Signals;
use crate::{logging, serve, wiring};

/// Does jobs and nothing else, until SIGTERM or SIGINT: `cotenant worker`, and the program of a team that has handlers of its
/// own.
///
/// # Errors
///
/// See [`Failure`]; nothing is left running, and [`Failure::Worker`] tells of a worker that ended by itself.
pub async fn run_worker(config: &Config, handlers: Handlers) -> Result<(), Failure> {
    logging::start(&config.log)?;
    config.admit(Facts::default())?;
    let keys = wiring::keys(config)?;
    let _file_lock = serve::claim_file(config)?;
    serve::prepare_schema(config).await?;
    let database = wiring::database(config)?;
    let deps = wiring::deps(config, &database, keys)?;
    let mut signals = Signals::listen()?;
    let mut worker = Worker::start(deps, handlers, &config.jobs);
    tracing::info!(concurrency = config.jobs.concurrency, "at work");
    let asked = tokio::select! {
        graceful = signals.first() => Some(graceful),
        () = worker.ended() => None,
    };
    if let Some(graceful) = asked {
        let patience = if graceful { Duration::from_secs(config.server.shutdown_seconds) } else { Duration::ZERO };
        signals.unless_again(worker.stop(patience)).await;
    }
    if timeout(CLOSING, database.close()).await.is_err() {
        tracing::warn!("the database's connections did not close in time");
    }
    if asked.is_some() { Ok(()) } else { Err(Failure::Worker) }
}
