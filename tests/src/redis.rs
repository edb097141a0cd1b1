//! A Redis server of the test's own, which it can kill and start again.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::eventually;

/// What the servers ask for: nobody else on this machine shall count in them, and no log shall tell it.
pub const REDIS_PASSWORD: &str = "redis-password-for-the-tests-5f0c";

/// A Redis server behind a password, on a port of its own; it keeps nothing on disk.
pub struct RedisServer {
    program: PathBuf,
    port: u16,
    home: TempDir,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts one; `None`, said aloud, where this machine has no Redis: `tests/with-redis` says where it is looked for.
    pub async fn start() -> Option<Self> {
        let Some(program) = program() else {
            eprintln!("SKIPPED: there is no redis-server on this machine, see tests/with-redis");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { program, port, home: TempDir::new().unwrap(), child: None };
        server.revive().await;
        Some(server)
    }

    /// Its address, with the password.
    pub fn url(&self) -> String {
        format!("redis://:{REDIS_PASSWORD}@127.0.0.1:{}/", self.port)
    }

    /// Ends it as SIGKILL does. All that it knew is lost.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again, at the same address, and waits until it answers.
    pub async fn revive(&mut self) {
        let port = self.port.to_string();
        let settings = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let mut command = Command::new(&self.program);
        command.args(settings).args(["--requirepass", REDIS_PASSWORD]).current_dir(self.home.path());
        self.child = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        eventually("Redis answers", async || self.answers().await).await;
    }

    async fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)).await else {
            return false;
        };
        let mut answer = [0; 5];
        let asked = stream.write_all(format!("AUTH {REDIS_PASSWORD}\r\n").as_bytes()).await;
        asked.is_ok() && stream.read_exact(&mut answer).await.is_ok() && &answer == b"+OK\r\n"
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
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
