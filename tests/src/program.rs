//! The program itself, as a person runs it: a process with a working directory and variables of its own.
//!
//! Where it is, a test says: `Program::new(env!("CARGO_BIN_EXE_cotenant-program"))`. That target of this crate is the
//! server's own `main.rs`, so that whoever builds the tests builds the program with them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a process may take for anything; far more than it needs, so that only what hangs is ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program in a directory of its own. In development unless told, so that it needs no settings.
pub struct Program {
    binary: PathBuf,
    home: TempDir,
    variables: BTreeMap<String, String>,
}

/// A process that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it logged or complained of.
    pub err: String,
}

/// A server in a process of its own, killed when dropped.
pub struct Served {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// How long it took from its start until it said where it listens.
    pub took: Duration,
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
    log: PathBuf,
}

impl Program {
    /// The program at this path, with an empty directory.
    pub fn new(binary: &str) -> Self {
        let program = Self { binary: binary.into(), home: TempDir::new().unwrap(), variables: BTreeMap::new() };
        program
            .with("COTENANT_ENV", "development")
            .with("COTENANT__SERVER__BIND", "127.0.0.1:0")
            .with("COTENANT__SERVER__WORKERS", "2")
            .with("COTENANT__AUTH__ARGON2_MEMORY_KIB", "7168")
            .with("COTENANT__AUTH__ARGON2_ITERATIONS", "1")
            .with("COTENANT__JOBS__POLL_MS", "50")
            // Clients of a test ask faster than anybody would be served.
            .with("COTENANT__LIMITS__ENABLED", "false")
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.variables.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// Its working directory.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, "")
    }

    /// Runs a command to its end, with this on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read it closes it, which is no failure.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let watch = Watchdog::over(&child);
        let output = child.wait_with_output().unwrap();
        watch.call_off();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Starts a server and waits until it says where it listens.
    pub fn serve(&self) -> Served {
        self.try_serve().unwrap_or_else(|ended| panic!("the server did not start: {ended:?}"))
    }

    /// The same; what the process left where it ended instead.
    ///
    /// # Errors
    ///
    /// The process that ended before it said where it listens.
    pub fn try_serve(&self) -> Result<Served, Ended> {
        self.begin_serving().listening()
    }

    /// Starts a process that listens nowhere, such as a worker.
    pub fn begin(&self, arguments: &[&str]) -> Served {
        self.start(arguments).0
    }

    /// Starts a server without waiting for it.
    pub fn begin_serving(&self) -> Starting {
        self.start(&["serve"])
    }

    fn start(&self, arguments: &[&str]) -> Starting {
        let log = tempfile::Builder::new().prefix("serve-").suffix(".log").tempfile_in(self.home()).unwrap();
        let (file, log) = log.keep().unwrap();
        let began = Instant::now();
        let mut child =
            self.command(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let (sender, lines) = channel();
        let printed = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || printed.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Starting(Served { base: String::new(), took: Duration::ZERO, child, lines, said: Vec::new(), log }, began)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.home()).args(arguments);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COTENANT_") {
                command.env_remove(name);
            }
        }
        command.envs(&self.variables);
        command
    }
}

/// A server that may not listen yet.
pub struct Starting(Served, Instant);

impl Starting {
    /// Waits until it listens.
    ///
    /// # Errors
    ///
    /// The process that ended instead.
    pub fn listening(mut self) -> Result<Served, Ended> {
        loop {
            match self.0.lines.recv_timeout(PATIENCE.saturating_sub(self.1.elapsed())) {
                Ok(line) => {
                    let base = line.strip_prefix("Cotenant listens on ").map(str::to_owned);
                    self.0.said.push(line);
                    if let Some(base) = base {
                        self.0.base = base;
                        self.0.took = self.1.elapsed();
                        return Ok(self.0);
                    }
                }
                Err(_) => return Err(self.0.ended()),
            }
        }
    }
}

impl Served {
    /// Which process it is.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        signal("-TERM", self.child.id());
    }

    /// Asks it to end, as somebody does at the keyboard.
    pub fn interrupt(&self) {
        signal("-INT", self.child.id());
    }

    /// Stops it where it stands, as a machine does that sleeps; it knows nothing of it.
    pub fn pause(&self) {
        signal("-STOP", self.child.id());
    }

    /// Lets it go on after [`Served::pause`].
    pub fn resume(&self) {
        signal("-CONT", self.child.id());
    }

    /// Kills it, as a machine does whose memory has run out: it finishes nothing.
    pub fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.ended()
    }

    /// Waits for its end; one that does not come is a failure.
    pub fn ended(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server did not end: {}", self.log());
            thread::sleep(Duration::from_millis(5));
        };
        self.said.extend(self.lines.iter());
        Ended { code: status.code(), out: self.said.join("\n"), err: self.log() }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends a process that hangs.
struct Watchdog(std::sync::mpsc::Sender<()>);

impl Watchdog {
    fn over(child: &Child) -> Self {
        let (sender, called_off) = channel();
        let id = child.id();
        thread::spawn(move || {
            if called_off.recv_timeout(PATIENCE).is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Timeout) {
                signal("-KILL", id);
            }
        });
        Self(sender)
    }

    fn call_off(self) {
        drop(self.0);
    }
}

fn signal(which: &str, process: u32) {
    let sent = Command::new("kill").args([which, &process.to_string()]).status().unwrap();
    assert!(sent.success(), "kill {which} {process}");
}

/// Copies the files of a directory into another, which is made.
pub fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let mut source = File::open(entry.path()).unwrap();
        let mut target = File::create(to.join(entry.file_name())).unwrap();
        std::io::copy(&mut source, &mut target).unwrap();
    }
}
