//! A Redis server of the test's own, which it can kill and start again.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::eventually;

/// What the servers ask for: nobody else on this machine shall count in them or read them, and no log shall tell it.
pub const REDIS_PASSWORD: &str = "redis-password-for-the-tests-5f0c";

/// A Redis server behind a password, on a port of its own; killed when dropped.
pub struct RedisServer {
    program: PathBuf,
    port: u16,
    home: TempDir,
    /// Whether it writes all it is told to disk, and has it after a crash.
    durable: bool,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts one that keeps nothing on disk; `None`, said aloud, where this machine has no Redis: `tests/with-redis` says
    /// where it is looked for.
    pub async fn start() -> Option<Self> {
        Self::started(false).await
    }

    /// Starts one that has after a crash what it had before.
    pub async fn start_durable() -> Option<Self> {
        Self::started(true).await
    }

    async fn started(durable: bool) -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("SKIPPED: there is no redis-server on this machine, see tests/with-redis");
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut server = Self { program, port, home: TempDir::new().unwrap(), durable, child: None };
        server.revive().await;
        Some(server)
    }

    /// Its address, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{REDIS_PASSWORD}@127.0.0.1:{}/", self.port)
    }

    /// Ends it as SIGKILL does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again, at the same address, and waits until it answers.
    pub async fn revive(&mut self) {
        let port = self.port.to_string();
        let durable = if self.durable { "yes" } else { "no" };
        let mut command = Command::new(&self.program);
        command.args(["--port", &port, "--bind", "127.0.0.1", "--requirepass", REDIS_PASSWORD, "--save", ""]);
        command.args(["--appendonly", durable, "--appendfsync", "always", "--dir"]).arg(self.home.path());
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(quiet.spawn().unwrap());
        eventually("Redis answers", async || self.connect().await.is_ok()).await;
    }

    async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.url())?.get_multiplexed_async_connection().await
    }

    /// Runs a command.
    pub async fn ask<T: redis::FromRedisValue>(&self, words: &[&[u8]]) -> T {
        let (name, rest) = words.split_first().unwrap();
        let mut command = redis::cmd(std::str::from_utf8(name).unwrap());
        for word in rest {
            command.arg(*word);
        }
        let mut connection = self.connect().await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), command.query_async(&mut connection)).await.unwrap().unwrap()
    }

    /// The keys of the cache.
    pub async fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.ask(&[b"KEYS", b"cotenant:cache:*"]).await;
        keys.sort();
        keys
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What `COTENANT_REDIS_SERVER` names, or `redis-server` on the path.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("COTENANT_REDIS_SERVER").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}
