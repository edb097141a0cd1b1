use std::time::Duration;

use actix_web::rt::signal::ctrl_c;
use actix_web::rt::signal::unix::{SignalKind, signal};
use cotenant_domain::jobs::Handlers;
use tokio::time::timeout;

use super::Worker;
use crate::config::{Config, Facts};
use crate::failure::Failure;
use crate::{logging, serve, wiring};

/// Does jobs and nothing else, until SIGTERM or SIGINT: `cotenant worker`, and the program of a team that has handlers of its
/// own.
///
/// # Errors
///
/// See [`Failure`]; nothing is left running.
pub async fn run_worker(config: &Config, handlers: Handlers) -> Result<(), Failure> {
    logging::start(&config.log)?;
    config.admit(Facts::default())?;
    let keys = wiring::keys(config)?;
    let _file_lock = serve::claim_file(config)?;
    serve::prepare_schema(config).await?;
    let database = wiring::database(config)?;
    let deps = wiring::deps(config, &database, keys)?;
    let cannot = |source| Failure::Io { what: "cannot listen for signals".into(), source };
    let mut terminated = signal(SignalKind::terminate()).map_err(cannot)?;
    let worker = Worker::start(deps, handlers, &config.jobs);
    tracing::info!(concurrency = config.jobs.concurrency, "at work");
    tokio::select! {
        _ = terminated.recv() => {}
        _ = ctrl_c() => {}
    }
    let patience = Duration::from_secs(config.server.shutdown_seconds);
    worker.stop(patience).await;
    if timeout(patience, database.close()).await.is_err() {
        tracing::warn!("the database's connections did not close in time");
    }
    Ok(())
}
