use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use cotenant_api::{ApiSettings, App, configure, watch};
use cotenant_domain::Deps;
use cotenant_domain::bootstrap::is_bootstrapped;
use cotenant_domain::cache::Figures;
use cotenant_domain::jobs::handlers;
use cotenant_infrastructure::ScopedDatabase;
use cotenant_migration::{Runner, SchemaState, beside, sqlite_path};
use secrecy::ExposeSecret;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::config::{Config, Environment, Facts};
use crate::failure::Failure;
use crate::signals::Signals;
use crate::signing_keys::KeyWatch;
use crate::wiring;
use crate::worker::Worker;

/// How long a connection waits for its next request.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// What closing the database's connections may take, once nothing uses them.
pub(crate) const CLOSING: Duration = Duration::from_secs(2);

/// Stops a server from elsewhere in its process.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Notify>);

impl Stop {
    /// Stops it as SIGTERM does; [`Running::run`] ends when it has stopped.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

/// A server that has begun to listen.
pub struct Running {
    server: Server,
    address: SocketAddr,
    deps: Deps,
    database: ScopedDatabase,
    worker: Option<Worker>,
    stop: Stop,
    _keys: KeyWatch,
    patience: Duration,
    bootstrapped: bool,
    _file_lock: Option<File>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it from elsewhere.
    pub fn handle(&self) -> Stop {
        self.stop.clone()
    }

    /// What its use cases reach the world through.
    pub fn deps(&self) -> &Deps {
        &self.deps
    }

    /// Its database, whose meter counts what goes there.
    pub fn database(&self) -> &ScopedDatabase {
        &self.database
    }

    /// Whether the first tenant is there.
    pub fn is_bootstrapped(&self) -> bool {
        self.bootstrapped
    }

    /// Serves until it is stopped: by SIGTERM, which lets running requests and jobs finish, or through the handle. Both have
    /// the same time for it, at the same time: nobody waits for the one before the other begins to end.
    ///
    /// # Errors
    ///
    /// [`Failure::Io`] where the server ends by itself, [`Failure::Worker`] where its worker does.
    pub async fn run(self) -> Result<(), Failure> {
        let Self { server, mut worker, stop, patience, database, deps, .. } = self;
        let mut signals = Signals::listen()?;
        let (handle, mut server) = (server.handle(), std::pin::pin!(server));
        let asked = async {
            tokio::select! {
                graceful = signals.first() => graceful,
                () = stop.0.notified() => true,
            }
        };
        let worker_ended = async {
            match &mut worker {
                Some(worker) => worker.ended().await,
                None => std::future::pending().await,
            }
        };
        let cannot = |source| Failure::Io { what: "the server ended".into(), source };
        let ended = tokio::select! {
            ended = &mut server => {
                stop_worker(worker, patience).await;
                ended.map_err(cannot)
            }
            () = worker_ended => {
                tokio::join!(server, handle.stop(true)).0.map_err(cannot).and(Err(Failure::Worker))
            }
            graceful = asked => {
                let patience = if graceful { patience } else { Duration::ZERO };
                let end = async { tokio::join!(server, handle.stop(graceful), stop_worker(worker, patience)).0 };
                signals.unless_again(end).await.unwrap_or(Ok(())).map_err(cannot)
            }
        };
        let Figures { hits, shared_hits, misses, beyond_share, refused, away } = deps.cache.figures();
        tracing::info!(hits, shared_hits, misses, beyond_share, refused, away, "what the cache has done");
        if timeout(CLOSING, database.close()).await.is_err() {
            tracing::warn!("the database's connections did not close in time");
        }
        ended
    }
}

async fn stop_worker(worker: Option<Worker>, patience: Duration) {
    if let Some(worker) = worker {
        worker.stop(patience).await;
    }
}

/// Prepares the database and begins to listen.
///
/// # Errors
///
/// See [`Failure`]; nothing is left running.
pub async fn start(config: &Config) -> Result<Running, Failure> {
    config.admit(Facts::default())?;
    let keys = wiring::keys(config)?;
    let file_lock = claim_file(config)?;
    prepare_schema(config).await?;
    let database = wiring::database(config)?;
    let deps = wiring::deps(config, &database, keys.clone())?;
    let bootstrapped = is_bootstrapped(&deps).await?;
    config.admit(Facts { operator_exists: Some(bootstrapped) })?;
    let settings = ApiSettings {
        body_limit: config.server.body_limit_bytes,
        request_timeout: Duration::from_secs(config.server.request_timeout_seconds),
        allowed_origins: config.server.allowed_origins.clone(),
        // Each was admitted as an address.
        trusted_proxies: config.server.trusted_proxies.iter().filter_map(|proxy| proxy.parse().ok()).collect(),
        bootstrap_secret: config.bootstrap.secret.clone(),
        public_url: config.server.public_url.clone(),
        limits: wiring::rate_limits(&config.limits),
    };
    let (server, address) = listen(config, App::new(deps.clone(), settings))?;
    let worker = config.jobs.in_server.then(|| Worker::start(deps.clone(), handlers(), &config.jobs));
    let patience = Duration::from_secs(config.server.shutdown_seconds);
    let (stop, _keys) = (Stop::default(), KeyWatch::start(keys));
    Ok(Running { server, address, deps, database, worker, stop, _keys, patience, bootstrapped, _file_lock: file_lock })
}

fn listen(config: &Config, app: App) -> Result<(Server, SocketAddr), Failure> {
    let app = Data::new(app);
    let server = &config.server;
    let head = Duration::from_secs(server.header_timeout_seconds);
    // Longer than anything honest takes between two requests: waiting for the next, its head, its body.
    let idle = KEEP_ALIVE + head + Duration::from_secs(server.request_timeout_seconds);
    let mut http = HttpServer::new(move || {
        let app = app.clone();
        ActixApp::new().configure(|cfg| configure(&app, cfg))
    })
    .client_request_timeout(head)
    .keep_alive(KEEP_ALIVE)
    .on_connect(move |connection, data| watch(connection, data, idle))
    .shutdown_timeout(server.shutdown_seconds)
    .disable_signals();
    if server.workers > 0 {
        http = http.workers(server.workers);
    }
    let cannot = |source| Failure::Io { what: format!("cannot listen on {}", server.bind), source };
    let http = http.bind(server.bind).map_err(cannot)?;
    let address = http.addrs().first().copied().unwrap_or(server.bind);
    Ok((http.run(), address))
}

/// One server for each SQLite file: the walls of SQLite and its one writer live in the process.
pub(crate) fn claim_file(config: &Config) -> Result<Option<File>, Failure> {
    let Some(path) = sqlite_path(config.database.url.expose_secret())? else {
        return Ok(None);
    };
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        let cannot = |source| Failure::Io { what: format!("cannot make {}", directory.display()), source };
        std::fs::create_dir_all(directory).map_err(cannot)?;
    }
    let lock = beside(&path, ".serve.lock");
    let cannot = |source| Failure::Io { what: format!("cannot use {}", lock.display()), source };
    let file = File::options().append(true).create(true).open(&lock).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::FileInUse(path.display().to_string())),
        Err(std::fs::TryLockError::Error(source)) => Err(cannot(source)),
    }
}

/// Brings the schema up to date where that is allowed, and refuses one that does not fit.
pub(crate) async fn prepare_schema(config: &Config) -> Result<(), Failure> {
    let runner = Runner::connect(config.database.url.expose_secret()).await?;
    match runner.state().await? {
        SchemaState::Current => {}
        SchemaState::Behind(_) if config.database.migrate => {
            let applied = runner.up(None).await?;
            tracing::info!(count = applied.len(), "migrations applied");
        }
        SchemaState::Behind(missing) => {
            return Err(Failure::SchemaState(format!(
                "the database lacks {} migration(s), from {} on: run `cotenant migrate up`, or set database.migrate = true \
                 (COTENANT__DATABASE__MIGRATE=true)",
                missing.len(),
                missing.first().map_or("", String::as_str)
            )));
        }
        SchemaState::Ahead(unknown) => {
            return Err(Failure::SchemaState(format!(
                "the database is newer than this program, which does not know {}: start the version that made it",
                unknown.join(", ")
            )));
        }
    }
    Ok(runner.close().await?)
}

/// What a person sees at the start: where the server is, where its documentation is and, while the system is new, how to
/// begin.
pub(crate) fn banner(config: &Config, running: &Running) -> String {
    let base = format!("http://{}", running.address());
    let mut text = format!("Cotenant listens on {base}\nDocumentation:      {base}/docs\n");
    if !running.is_bootstrapped() && config.bootstrap.secret.is_some() {
        let secret = match config.environment {
            Environment::Development => format!("$(cat {})", config.data_dir.join("bootstrap.secret").display()),
            _ => "$COTENANT__BOOTSTRAP__SECRET".to_owned(),
        };
        text.push_str(&format!(
            "\nThe system is new. Make the first operator, tenant and owner (one person) with:\n\n\
             curl -s {base}/api/v1/bootstrap -H 'Content-Type: application/json' -d '{{\"secret\": \"'\"{secret}\"'\", \
             \"email\": \"asha@duka.example\", \"password\": \"seven tall giraffes\", \"display_name\": \"Asha Otieno\", \
             \"tenant\": {{\"name\": \"Duka\", \"slug\": \"duka\"}}}}'\n"
        ));
    }
    text
}
