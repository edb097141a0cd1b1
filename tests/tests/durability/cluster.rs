//! A PostgreSQL server of the test's own, which may be killed. It keeps what it has acknowledged: `fsync` is on, unlike
//! in the server that all other tests share.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cotenant_tests::{FreshDatabase, Kind};
use sqlx::{Connection, Executor, PgConnection, Row};
use tempfile::TempDir;
use uuid::Uuid;

/// Far more than a recovery takes here.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(10);

/// The server and its folder; both are gone when it is dropped.
pub(crate) struct Cluster {
    /// The address of its one database.
    pub(crate) url: String,
    folder: TempDir,
    programs: PathBuf,
    /// Whom the server runs as, where that is not the caller: PostgreSQL refuses to run as root.
    user: Option<(u32, u32)>,
    port: u16,
    postmaster: Child,
    /// Breaks when the server goes down, whoever ended it.
    watch: Option<PgConnection>,
}

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Its first process is killed; the others notice and end.
    Killed,
    /// As by `pg_ctl stop --mode=immediate`: all processes end where they are.
    Immediate,
    /// A process that serves one connection is killed. The server then ends all others and recovers by itself.
    OfOneProcess,
}

impl Cluster {
    /// A new server; `None` where PostgreSQL is left out on purpose.
    pub(crate) async fn start() -> Option<Self> {
        let programs = programs().await?;
        let folder = tempfile::Builder::new().prefix("cotenant-cluster-").tempdir().unwrap();
        let user = unprivileged(folder.path());
        let password = password();
        std::fs::write(folder.path().join("password"), &password).unwrap();
        if let Some((uid, gid)) = user {
            for path in [folder.path(), &folder.path().join("password")] {
                chown(path, Some(uid), Some(gid)).unwrap();
            }
        }
        let data = folder.path().join("data");
        let mut initdb = command(&programs.join("initdb"), user);
        initdb.arg("--pgdata").arg(&data).arg("--pwfile").arg(folder.path().join("password"));
        initdb.args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let settings = "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 60\n\
                        shared_buffers = 32MB\nfsync = on\nsynchronous_commit = on\nfull_page_writes = on\n";
        let conf = data.join("postgresql.conf");
        let text = std::fs::read_to_string(&conf).unwrap();
        std::fs::write(&conf, text + settings).unwrap();
        let port = free_port();
        let postmaster = serve(&programs, folder.path(), user, port);
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        let mut cluster = Self { url, folder, programs, user, port, postmaster, watch: None };
        cluster.come_back().await;
        Some(cluster)
    }

    /// Ends it, and waits until it is down.
    pub(crate) async fn die(&mut self, death: Death) {
        let mut watch = self.watch.take().unwrap();
        match death {
            Death::Killed => signal("-KILL", self.postmaster.id()),
            Death::Immediate => signal("-QUIT", self.postmaster.id()),
            Death::OfOneProcess => {
                let one = "SELECT pid FROM pg_stat_activity WHERE application_name = 'cotenant' \
                           ORDER BY state = 'active' DESC LIMIT 1";
                let process: i32 = watch.fetch_one(one).await.unwrap().get(0);
                signal("-KILL", process.unsigned_abs());
            }
        }
        let began = Instant::now();
        while watch.ping().await.is_ok() {
            assert!(began.elapsed() < PATIENCE, "the server did not end: {}", self.log());
            actix_web::rt::time::sleep(PAUSE).await;
        }
        if death != Death::OfOneProcess {
            self.postmaster.wait().unwrap();
        }
    }

    /// Starts it again where it does not run, and waits until it has recovered and answers.
    pub(crate) async fn come_back(&mut self) {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "the server did not come back: {}", self.log());
            if self.postmaster.try_wait().unwrap().is_some() {
                // As long as processes of the one that was killed still end, a new one gives up.
                self.postmaster = serve(&self.programs, self.folder.path(), self.user, self.port);
            }
            if let Ok(mut connection) = PgConnection::connect(&self.url).await
                && connection.execute("SELECT 1").await.is_ok()
            {
                self.watch = Some(connection);
                return;
            }
            actix_web::rt::time::sleep(PAUSE).await;
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended already; and what is left of it goes with its folder.
        let _ = Command::new("kill").args(["-QUIT", &self.postmaster.id().to_string()]).status();
        let _ = self.postmaster.wait();
    }
}

/// Where PostgreSQL's programs are: those of the server that the tests were given, which knows.
async fn programs() -> Option<PathBuf> {
    let shared = FreshDatabase::empty(Kind::Postgres).await?;
    let mut connection = PgConnection::connect(&shared.url).await.unwrap();
    let asked = "SELECT setting FROM pg_config WHERE name = 'BINDIR'";
    let told: String = connection.fetch_one(asked).await.unwrap().get(0);
    connection.close().await.unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PathBuf::from(told)).chain(std::env::split_paths(&path));
    let found = folders.into_iter().find(|folder| ["initdb", "postgres"].iter().all(|name| folder.join(name).exists()));
    Some(found.unwrap_or_else(|| {
        panic!("this test starts a PostgreSQL server of its own: put the folder of initdb and postgres into PATH")
    }))
}

/// Somebody whom the server may run as, where the caller is root: the owner of what was just made.
fn unprivileged(made: &Path) -> Option<(u32, u32)> {
    if std::fs::metadata(made).unwrap().uid() != 0 {
        return None;
    }
    let id = |what: &str, user: &str| {
        let output = Command::new("id").args([what, user]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().ok()
    };
    ["postgres", "nobody"].iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)))
}

/// A program of PostgreSQL's, with messages in English whatever the caller's language is.
fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}

fn serve(programs: &Path, folder: &Path, user: Option<(u32, u32)>, port: u16) -> Child {
    let log = File::options().append(true).create(true).open(folder.join("log")).unwrap();
    let mut postgres = command(&programs.join("postgres"), user);
    postgres.arg("-D").arg(folder.join("data")).args(["-p", &port.to_string()]);
    // A group of its own: what ends the tests from a terminal ends the test first, and that ends the server.
    postgres.process_group(0).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

/// A port below the range from which systems serve outgoing connections, so that it stays free while the server is
/// down.
fn free_port() -> u16 {
    let mut ports = (0..12_000).map(|n| 20_000 + ((std::process::id() + n * 97) % 12_000) as u16);
    ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a password that nobody knows beforehand")]
fn password() -> String {
    Uuid::now_v7().simple().to_string()
}

fn signal(which: &str, process: u32) {
    let sent = Command::new("kill").args([which, &process.to_string()]).status().unwrap();
    assert!(sent.success(), "kill {which} {process}");
}
