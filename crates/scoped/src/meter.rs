use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counts what goes to the database, tells of slow statements, and does not wait for ever.
#[derive(Debug)]
pub struct Meter {
    statements: AtomicU64,
    round_trips: AtomicU64,
    slow: Duration,
    patience: Duration,
}

impl Meter {
    pub(crate) fn new(slow: Duration, patience: Duration) -> Self {
        Self { statements: AtomicU64::new(0), round_trips: AtomicU64::new(0), slow, patience }
    }

    /// Waits for an answer of the database, for a while: one that accepts and never answers is away like one that refuses.
    pub(crate) async fn patient<T>(
        &self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        tokio::time::timeout(self.patience, answer).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
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
