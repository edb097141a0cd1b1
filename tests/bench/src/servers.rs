use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use cotenant_bench::Outcome;
use cotenant_bench::load::{Client, Requests};
use tempfile::TempDir;

use crate::database::KEY;

/// More than any server serves.
const BEYOND_REACH: &str = "1000000/1";
const START_WITHIN: Duration = Duration::from_secs(30);

/// A server in a process of its own; it ends with this.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    process: Child,
    home: TempDir,
}

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The product as it runs in production; its log goes to a file.
    Product,
    /// The same without its cache.
    Uncached,
    /// The same, counting requests against limits that nobody reaches.
    Limited,
    /// The plain server.
    Baseline,
}

impl Kind {
    fn command(self, database: &str, port: u16) -> Outcome<Command> {
        let port = port.to_string();
        let (program, arguments, settings): (_, &[&str], &[(&str, &str)]) = match self {
            Self::Product | Self::Uncached | Self::Limited => (
                "cotenant",
                &["serve"],
                &[
                    ("COTENANT_ENV", "production"),
                    ("COTENANT__DATABASE__URL", database),
                    ("COTENANT__AUTH__SIGNING_KEY", KEY),
                    ("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example"),
                    ("COTENANT__MAIL__DIRECTORY", "mail"),
                    ("COTENANT__SERVER__BIND", &format!("127.0.0.1:{port}")),
                    // One client asks for everything, and faster than anybody would be served.
                    ("COTENANT__LIMITS__ENABLED", if self == Self::Limited { "true" } else { "false" }),
                    ("COTENANT__LIMITS__TENANT_READ", BEYOND_REACH),
                    ("COTENANT__LIMITS__PERSON_READ", BEYOND_REACH),
                    ("COTENANT__LIMITS__CLIENT_READ", BEYOND_REACH),
                    // The worker looks for jobs once at the start; later it would be counted among the requests.
                    ("COTENANT__JOBS__POLL_MS", "3600000"),
                    ("COTENANT__CACHE__KIND", if self == Self::Uncached { "off" } else { "process" }),
                ],
            ),
            Self::Baseline => (
                "bench-baseline",
                &[],
                &[("BASELINE_PORT", &port), ("BASELINE_DATABASE", database), ("BASELINE_KEY", KEY)],
            ),
        };
        let mut command = beside_this(program)?;
        command.args(arguments).envs(settings.iter().copied());
        Ok(command)
    }
}

impl Served {
    /// Starts a server over the database with this URL, and waits for its first answer.
    ///
    /// # Errors
    ///
    /// It ends, or does not answer within half a minute.
    pub(crate) async fn start(kind: Kind, database: &str) -> Outcome<Self> {
        let home = TempDir::new()?;
        let log_path = home.path().join("log");
        let log = File::create(&log_path)?;
        let address = free_address()?;
        let mut command = kind.command(database, address.port())?;
        command.current_dir(home.path()).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let began = Instant::now();
        let process = command.spawn()?;
        let mut served = Self { address, first_answer: Duration::ZERO, process, home };
        while !served.answers().await {
            if served.process.try_wait()?.is_some() || began.elapsed() > START_WITHIN {
                return Err(format!("the {kind:?} does not serve:\n{}", std::fs::read_to_string(log_path)?).into());
            }
            sleep(Duration::from_millis(2)).await;
        }
        served.first_answer = began.elapsed();
        Ok(served)
    }

    async fn answers(&self) -> bool {
        match Client::connect(self.address).await {
            Ok(mut client) => client.ask(&Health).await.is_ok(),
            Err(_) => false,
        }
    }

    /// Stops it as SIGTERM does, and gives its log.
    ///
    /// # Errors
    ///
    /// It could not be told, or its log cannot be read.
    pub(crate) fn stop(mut self) -> Outcome<String> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        self.process.wait()?;
        Ok(std::fs::read_to_string(self.home.path().join("log"))?)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            eprintln!("a server was not stopped: {error}");
        }
    }
}

struct Health;

impl Requests for Health {
    fn write_next(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n");
    }
    fn expected(&self) -> u16 {
        200
    }
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A program from the directory of this one, which sees nothing of our environment and of the configuration in our
/// directory.
pub(crate) fn beside_this(program: &str) -> Outcome<Command> {
    let this = std::env::current_exe()?;
    let mut command = Command::new(this.with_file_name(program));
    command.env_clear().current_dir(std::env::temp_dir());
    Ok(command)
}
