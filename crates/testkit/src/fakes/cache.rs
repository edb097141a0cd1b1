use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cotenant_domain::cache::{Cache, Figures, Found, Key, Turn};
use tokio::sync::OwnedMutexGuard;

use super::hold;

/// Keeps everything for ever: what a test finds is what was kept and never told to go.
#[derive(Clone, Default)]
pub struct MemoryCache(Arc<Kept>);

#[derive(Default)]
struct Kept {
    places: Mutex<HashMap<Key, Arc<Place>>>,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Where one value is, and the turn to put it there.
#[derive(Default)]
struct Place {
    value: Arc<tokio::sync::Mutex<Option<Arc<[u8]>>>>,
    over: AtomicBool,
}

struct Loading {
    cache: MemoryCache,
    key: Key,
    place: Arc<Place>,
    /// `None` where the place is over: nobody waits for this value.
    value: Option<OwnedMutexGuard<Option<Arc<[u8]>>>>,
}

impl MemoryCache {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys under which something was kept or asked for.
    pub fn keys(&self) -> Vec<Key> {
        hold(&self.0.places).keys().cloned().collect()
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn find(&self, key: &Key) -> Found {
        let place = hold(&self.0.places).entry(key.clone()).or_default().clone();
        let value = place.value.clone().lock_owned().await;
        if let Some(value) = value.as_ref() {
            self.0.hits.fetch_add(1, Ordering::Relaxed);
            return Found::Kept(value.clone());
        }
        self.0.misses.fetch_add(1, Ordering::Relaxed);
        let value = (!place.over.load(Ordering::Relaxed)).then_some(value);
        Found::Absent(Box::new(Loading { cache: self.clone(), key: key.clone(), place, value }))
    }

    fn figures(&self) -> Figures {
        let (hits, misses) = (self.0.hits.load(Ordering::Relaxed), self.0.misses.load(Ordering::Relaxed));
        Figures { hits, misses, ..Figures::default() }
    }
}

#[async_trait]
impl Turn for Loading {
    async fn keep(mut self: Box<Self>, bytes: Arc<[u8]>) {
        if let Some(value) = &mut self.value {
            **value = Some(bytes);
        }
    }

    fn release(self: Box<Self>) {
        self.place.over.store(true, Ordering::Relaxed);
        let mut places = hold(&self.cache.0.places);
        if places.get(&self.key).is_some_and(|place| Arc::ptr_eq(place, &self.place)) {
            places.remove(&self.key);
        }
    }
}
