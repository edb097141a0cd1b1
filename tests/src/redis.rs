//! A Redis of the test's own, where the machine has one.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::eventually;

/// A Redis server, killed when dropped.
pub struct Redis {
    /// `redis://127.0.0.1:PORT`.
    pub url: String,
    program: PathBuf,
    port: u16,
    home: TempDir,
    child: Option<Child>,
}

/// The program: what `COTENANT_REDIS_SERVER` names, or `redis-server` on the path.
fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("COTENANT_REDIS_SERVER") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}

impl Redis {
    /// Starts one; `None`, said aloud, where the machine has none.
    pub async fn start() -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("NOT TESTED WITH REDIS: no redis-server on the PATH or in COTENANT_REDIS_SERVER");
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let url = format!("redis://127.0.0.1:{port}");
        let mut redis = Self { url, program, port, home: TempDir::new().unwrap(), child: None };
        redis.revive().await;
        Some(redis)
    }

    /// Starts it again at the same address, with what it held if it was stopped with `keep`.
    pub async fn revive(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new(&self.program);
        command.args(["--bind", "127.0.0.1", "--port", &port, "--appendonly", "yes", "--appendfsync", "always"]);
        command.args(["--save", "", "--dir"]).arg(self.home.path());
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap());
        eventually("redis listens", async || self.connect().await.is_ok()).await;
    }

    /// Takes it away as a crash does. It keeps what it holds.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    async fn connect(&self) -> redis::RedisResult<redis::aio::MultiplexedConnection> {
        redis::Client::open(self.url.as_str())?.get_multiplexed_async_connection().await
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

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
