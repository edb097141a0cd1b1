//! The log of this process, which is that of all servers in it.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use cotenant_server::config::{Config, Sources};
use cotenant_server::logging;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static LISTENING: Once = Once::new();

#[derive(Clone, Copy)]
struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on, as talkative as an operator can have it.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        let sources = Sources::default().with("COTENANT_ENV", "test").with("COTENANT__LOG__FILTER", "trace");
        let config = Config::load(&sources).unwrap();
        tracing::dispatcher::set_global_default(logging::dispatch(&config.log, || Capture, false).unwrap()).unwrap();
    });
}

/// How many lines hold a text.
pub(crate) fn lines_with(text: &str) -> usize {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&log).lines().filter(|line| line.contains(text)).count()
}
