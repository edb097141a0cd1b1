use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Tells the worker of this process that a transaction has queued a job, so that it need not wait until it looks for jobs
/// again. Each transaction has one of its own, which it takes along from door to door.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bell {
    heard: Arc<Notify>,
    queued: Arc<AtomicBool>,
}

impl Bell {
    /// The same for one transaction.
    pub(crate) fn of_transaction(&self) -> Self {
        Self { heard: self.heard.clone(), queued: Arc::default() }
    }

    /// The transaction has queued a job that is due.
    pub(crate) fn queued(&self) {
        self.queued.store(true, Ordering::Relaxed);
    }

    /// The transaction was committed.
    pub(crate) fn ring(&self) {
        if self.queued.load(Ordering::Relaxed) {
            self.heard.notify_one();
        }
    }

    /// Waits until it rings; at once where it rang since the last time.
    pub(crate) async fn heard(&self) {
        self.heard.notified().await;
    }
}
