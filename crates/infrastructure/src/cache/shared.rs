//! Values that several processes share, which may be away.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::cache::Key;
use cotenant_domain::shared::Clock;
use tokio::time::timeout;

use super::seal::Seal;
use super::{AT_MOST, Counts, one_more};

/// Why shared values cannot be had.
pub(super) type Away = Box<dyn Error + Send + Sync>;

/// Before every key, so that others can use the same Redis.
const PREFIX: &str = "cotenant:cache:";

/// Bytes that several processes keep together.
#[async_trait]
pub(super) trait SharedBytes: Send + Sync {
    /// What is there.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Away>;
    /// Puts something there for a while.
    async fn put(&self, key: &str, bytes: Vec<u8>, lasts: Duration) -> Result<(), Away>;
}

/// For how long nobody asks what did not answer, in milliseconds.
const PAUSE: i64 = 1_000;
/// It answers, as far as is known.
const HERE: i64 = 0;

/// Values sealed in what several processes share.
///
/// # What happens while it is away
///
/// Requests go on: what is not in the process is loaded from the database. Whoever waits for it in vain waits no longer than
/// the patience that was given; from then on one request a second finds out whether it is back. What it then still holds is
/// as good as ever, since every key names the version at which its value is true.
pub(super) struct Shared {
    bytes: Arc<dyn SharedBytes>,
    seal: Seal,
    patience: Duration,
    clock: Arc<dyn Clock>,
    /// When it is asked again, or [`HERE`].
    asked_at: AtomicI64,
    counts: Arc<Counts>,
}

impl Shared {
    pub(super) fn over(
        bytes: Arc<dyn SharedBytes>,
        seal: Seal,
        patience: Duration,
        clock: Arc<dyn Clock>,
        counts: Arc<Counts>,
    ) -> Self {
        Self { bytes, seal, patience, clock, asked_at: AtomicI64::new(HERE), counts }
    }

    /// The value under a key; `None` where there is none of ours.
    pub(super) async fn find(&self, key: &Key) -> Option<Arc<[u8]>> {
        let place = format!("{PREFIX}{key}");
        let sealed = self.ask(self.bytes.get(&place)).await??;
        let value = self.seal.open(&place, &sealed);
        if value.is_none() {
            one_more(&self.counts.refused);
            tracing::warn!(kind = key.kind(), "a value in the shared cache was not sealed by us under its key");
        }
        value.map(Into::into)
    }

    /// Keeps a value for others.
    pub(super) async fn keep(&self, key: &Key, value: &[u8]) {
        let place = format!("{PREFIX}{key}");
        if let Some(sealed) = self.seal.seal(&place, value) {
            self.ask(self.bytes.put(&place, sealed, AT_MOST)).await;
        }
    }

    async fn ask<T>(&self, answer: impl Future<Output = Result<T, Away>>) -> Option<T> {
        let now = i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        if self.asks(now) {
            match timeout(self.patience, answer).await {
                Ok(Ok(answer)) => {
                    self.is_back();
                    return Some(answer);
                }
                Ok(Err(away)) => self.is_away(now, &*away),
                Err(late) => self.is_away(now, &late),
            }
        }
        one_more(&self.counts.away);
        None
    }

    /// Whether to ask: always while it answers, and one request a second while it does not.
    fn asks(&self, now: i64) -> bool {
        let at = self.asked_at.load(Ordering::Relaxed);
        let mine = |at| self.asked_at.compare_exchange(at, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        // A clock that was set back does not make anybody wait longer.
        at == HERE || (!(at - PAUSE..at).contains(&now) && mine(at))
    }

    fn is_back(&self) {
        if self.asked_at.load(Ordering::Relaxed) != HERE && self.asked_at.swap(HERE, Ordering::Relaxed) != HERE {
            let times = self.counts.away.load(Ordering::Relaxed);
            tracing::info!(away = times, "the shared cache is back");
        }
    }

    fn is_away(&self, now: i64, why: &dyn Error) {
        if self.asked_at.swap(now + PAUSE, Ordering::Relaxed) == HERE {
            tracing::warn!(error = %why, "the shared cache is away: values are kept in this process until it is back");
        }
    }
}
