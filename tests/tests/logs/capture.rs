//! The log of this process.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, PoisonError};

use cotenant_server::config::{Config, Sources};
use cotenant_server::logging;
use serde_json::Value;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static LISTENING: Once = Once::new();
static IDS: AtomicU32 = AtomicU32::new(0);

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

/// Lets the product's log, with the most talkative filter that an operator can set, write into memory from now on.
pub(crate) fn listen() {
    LISTENING.call_once(|| {
        let sources = Sources::default()
            .with("COTENANT_ENV", "test")
            .with("COTENANT__LOG__FORMAT", "json")
            .with("COTENANT__LOG__FILTER", "trace");
        let config = Config::load(&sources).unwrap();
        let dispatch = logging::dispatch(&config.log, || Capture, false).unwrap();
        tracing::dispatcher::set_global_default(dispatch).unwrap();
        // The harness's own hook still tells of a test that fails.
        let harness = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            logging::record_panic(info);
            harness(info);
        }));
    });
}

/// All that has been logged.
pub(crate) fn everything() -> String {
    String::from_utf8(LOG.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap()
}

/// The lines that belong to a request.
pub(crate) fn about(request_id: &str) -> Vec<Value> {
    let lines = everything();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{e}: {line}")));
    lines.filter(|line| line["request_id"] == request_id || line["span"]["request_id"] == request_id).collect()
}

/// A request id that no other test of this process uses.
pub(crate) fn fresh_id() -> String {
    format!("request-{}-of-{}", IDS.fetch_add(1, Ordering::Relaxed), std::process::id())
}
