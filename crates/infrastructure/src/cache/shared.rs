//! Values that several processes share, which may be away.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::cache::Key;
use cotenant_domain::shared::Clock;

use super::seal::Seal;
use super::{AT_MOST, Counts, one_more};
use crate::redis::{Away, Presence, Words};

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

const WORDS: Words = Words {
    away: |why, away| {
        tracing::warn!(error = %why, away, "the shared cache is away: values are kept in this process until it is back");
    },
    back: |away| tracing::info!(away, "the shared cache is back"),
};

/// Values sealed in what several processes share.
///
/// # What happens while it is away
///
/// Requests go on: what is not in the process is loaded from the database. What it still holds when it is back is as good as
/// ever, since every key names the version at which its value is true.
pub(super) struct Shared {
    bytes: Arc<dyn SharedBytes>,
    seal: Seal,
    presence: Presence,
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
        Self { bytes, seal, presence: Presence::new(patience, clock, WORDS), counts }
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
        self.presence.ask(answer, &self.counts.away).await
    }
}
