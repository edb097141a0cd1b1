use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts what goes to the database, and tells of slow statements.
#[derive(Debug)]
pub struct Meter {
    statements: AtomicU64,
    round_trips: AtomicU64,
    slow: Duration,
}

impl Meter {
    pub(crate) fn new(slow: Duration) -> Self {
        Self { statements: AtomicU64::new(0), round_trips: AtomicU64::new(0), slow }
    }

    /// How many statements have been run, beginnings and ends of transactions left out.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many times a caller waited for the database: statements, beginnings and commits. The end of a reading
    /// transaction is not waited for and not counted.
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    pub(crate) fn statement(&self, sql: &str, took: Duration) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        self.round_trip();
        if took >= self.slow {
            // Values are bound and not part of the text, so nothing of a tenant's gets into the log.
            tracing::warn!(target: "cotenant::slow_query", elapsed_ms = took.as_millis() as u64, sql, "slow statement");
        }
    }

    pub(crate) fn round_trip(&self) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
    }
}
