use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use cotenant_bench::Outcome;
use cotenant_bench::load::{Client, Requests};
use tempfile::TempDir;

use crate::database::{BenchDatabase, KEY};

const START_WITHIN: Duration = Duration::from_secs(30);

/// A server in a process of its own; it ends with this.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer.
    pub(crate) first_answer: Duration,
    process: Child,
    _home: TempDir,
}

/// The settings of a product's server that serves real tenants.
pub(crate) fn product_settings(database: &BenchDatabase, port: u16) -> [(&'static str, String); 5] {
    [
        ("COTENANT_ENV", "production".into()),
        ("COTENANT__DATABASE__URL", database.url.clone()),
        ("COTENANT__AUTH__SIGNING_KEY", KEY.into()),
        ("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example".into()),
        ("COTENANT__SERVER__BIND", format!("127.0.0.1:{port}")),
    ]
}

impl Served {
    /// The product as it runs in production; its log goes to a file.
    pub(crate) async fn product(database: &BenchDatabase) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = beside_this("cotenant")?;
        command.arg("serve").envs(product_settings(database, port));
        Self::start(command, port).await
    }

    /// The plain server.
    pub(crate) async fn baseline(database: &BenchDatabase) -> Outcome<Self> {
        let port = free_port()?;
        let mut command = beside_this("bench-baseline")?;
        command.env("BASELINE_PORT", port.to_string());
        command.env("BASELINE_DATABASE", &database.url).env("BASELINE_KEY", KEY);
        Self::start(command, port).await
    }

    async fn start(mut command: Command, port: u16) -> Outcome<Self> {
        let home = TempDir::new()?;
        let log_path = home.path().join("log");
        let log = File::create(&log_path)?;
        command.current_dir(home.path()).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let began = Instant::now();
        let process = command.spawn()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut served = Self { address, first_answer: Duration::ZERO, process, _home: home };
        while !served.answers().await {
            if served.process.try_wait()?.is_some() || began.elapsed() > START_WITHIN {
                return Err(format!("{command:?} does not serve:\n{}", std::fs::read_to_string(log_path)?).into());
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

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// A program from the directory of this one, which sees nothing of our environment.
fn beside_this(program: &str) -> Outcome<Command> {
    let this = std::env::current_exe()?;
    let mut command = Command::new(this.with_file_name(program));
    command.env_clear();
    Ok(command)
}
