//! Values kept in this process and, where several share a Redis, there too.
//!
//! That nothing kept is stale is the business of its key and of nobody here: see [`cotenant_domain::cache`]. So this forgets
//! and misses as it likes, tells nobody of changes, and does not care what a Redis that was away still holds.

mod flights;
mod near;
mod redis;
mod seal;
mod shared;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::cache::{Cache, Figures, Found, Key, Turn};
use cotenant_domain::shared::Clock;

use flights::{Flights, Held};
use near::Near;
pub use redis::RedisOptions;
pub use seal::InvalidRedis;
use shared::Shared;

/// How long a value is kept at most. No change needs it; a database that was set back to an earlier state beneath a running
/// server does, since its versions then count the same numbers again.
const AT_MOST: Duration = Duration::from_secs(60);

/// Keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoCache;

struct NoTurn;

#[async_trait]
impl Cache for NoCache {
    async fn find(&self, _: &Key) -> Found {
        Found::Absent(Box::new(NoTurn))
    }

    fn figures(&self) -> Figures {
        Figures::default()
    }
}

#[async_trait]
impl Turn for NoTurn {
    async fn keep(self: Box<Self>, _: Arc<[u8]>) {}
    fn release(self: Box<Self>) {}
}

/// What it counts.
#[derive(Debug, Default)]
struct Counts {
    hits: AtomicU64,
    shared_hits: AtomicU64,
    misses: AtomicU64,
    beyond_share: AtomicU64,
    refused: AtomicU64,
    away: AtomicU64,
}

fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

impl Counts {
    fn figures(&self) -> Figures {
        let so_far = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Figures {
            hits: so_far(&self.hits),
            shared_hits: so_far(&self.shared_hits),
            misses: so_far(&self.misses),
            beyond_share: so_far(&self.beyond_share),
            refused: so_far(&self.refused),
            away: so_far(&self.away),
        }
    }
}

/// Values in this process and, behind it, in what several processes share.
pub struct ValueCache {
    near: Near,
    flights: Flights<Key>,
    shared: Option<Arc<Shared>>,
    counts: Arc<Counts>,
}

impl ValueCache {
    /// In this process, and of so many bytes at most.
    pub fn in_process(bytes: u64) -> Self {
        let counts = Arc::default();
        Self { near: Near::new(bytes, AT_MOST), flights: Flights::new(), shared: None, counts }
    }

    /// In this process, and in the Redis that the options name; nothing is connected before it is needed.
    ///
    /// # Errors
    ///
    /// The address or the secret cannot be used.
    pub fn in_redis(bytes: u64, options: &RedisOptions, clock: Arc<dyn Clock>) -> Result<Self, InvalidRedis> {
        let counts = Arc::<Counts>::default();
        let shared = Shared::in_redis(options, clock, counts.clone())?;
        Ok(Self { shared: Some(Arc::new(shared)), counts, ..Self::in_process(bytes) })
    }
}

#[async_trait]
impl Cache for ValueCache {
    async fn find(&self, key: &Key) -> Found {
        if let Some(value) = self.near.get(key) {
            one_more(&self.counts.hits);
            return Found::Kept(value);
        }
        let held = self.flights.turn(key).await;
        // Whoever had the turn before has kept it by now.
        if let Some(value) = self.near.get(key) {
            one_more(&self.counts.hits);
            return Found::Kept(value);
        }
        let turn = Loading {
            near: self.near.clone(),
            shared: self.shared.clone(),
            counts: self.counts.clone(),
            key: key.clone(),
            held,
        };
        if let Some(shared) = &self.shared
            && let Some(value) = shared.find(key).await
        {
            one_more(&self.counts.shared_hits);
            turn.keep_near(value.clone());
            return Found::Kept(value);
        }
        one_more(&self.counts.misses);
        Found::Absent(Box::new(turn))
    }

    fn figures(&self) -> Figures {
        self.counts.figures()
    }
}

/// The turn to load one value.
struct Loading {
    near: Near,
    shared: Option<Arc<Shared>>,
    counts: Arc<Counts>,
    key: Key,
    held: Held<Key>,
}

impl Loading {
    /// Ends the turn with the value, or without where it could not be kept: then nobody shall wait for it in vain. Whether it
    /// was kept.
    fn keep_near(self, value: Arc<[u8]>) -> bool {
        let kept = self.near.keep(&self.key, value);
        if !kept {
            one_more(&self.counts.beyond_share);
            self.held.release();
        }
        kept
    }
}

#[async_trait]
impl Turn for Loading {
    async fn keep(self: Box<Self>, value: Arc<[u8]>) {
        let (shared, key) = (self.shared.clone(), self.key.clone());
        // What is beyond a tenant's share here is not kept for others either: nobody fills what all share.
        if self.keep_near(value.clone())
            && let Some(shared) = shared
        {
            shared.keep(&key, &value).await;
        }
    }

    fn release(self: Box<Self>) {
        self.held.release();
    }
}
