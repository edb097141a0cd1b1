use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cotenant_domain::limits::{Charge, Counted, Level, RateLimiter};
use cotenant_domain::shared::Clock;

use super::shard::Shard;
use crate::clock::microseconds;

/// How many locks there are, so that requests seldom wait for each other.
const SHARDS: usize = 16;

/// Counts in the memory of this process.
///
/// Keys are hashed with a key of this process's own, so that nobody can make them collide, and no address lies in memory.
pub struct ProcessLimiter {
    clock: Arc<dyn Clock>,
    key: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

impl ProcessLimiter {
    /// A limiter that has counted nothing.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, key: RandomState::new(), shards: Default::default() }
    }

    /// Counts at once, for whoever has no time to wait.
    pub(super) fn count(&self, charges: &[Charge]) -> Counted {
        let keys: Vec<u64> = charges.iter().map(|charge| self.key.hash_one(charge.key)).collect();
        let mut held = self.hold(&keys);
        let now = microseconds(self.clock.now());
        let before: Vec<i64> =
            keys.iter().map(|key| shard(&mut held, *key).map_or(0, |shard| shard.get(*key))).collect();
        let taken: Option<Vec<i64>> = charges.iter().zip(&before).map(|(c, at)| c.rate.take(*at, now)).collect();
        let admitted = taken.is_some();
        let after = taken.unwrap_or(before);
        if admitted {
            for (key, full_at) in keys.iter().zip(&after) {
                if let Some(shard) = shard(&mut held, *key) {
                    shard.set(*key, *full_at, now);
                }
            }
        }
        let level = |(charge, full_at): (&Charge, &i64)| -> Level { charge.rate.level(*full_at, now) };
        Counted { admitted, levels: charges.iter().zip(&after).map(level).collect() }
    }

    /// Locks the shards of all keys, each once and in one order for everybody: nobody waits in a circle, and nobody sees one
    /// of a request's counts changed and the other not.
    fn hold(&self, keys: &[u64]) -> Vec<(usize, MutexGuard<'_, Shard>)> {
        let mut places: Vec<usize> = keys.iter().map(|key| place(*key)).collect();
        places.sort_unstable();
        places.dedup();
        let lock = |at: usize| Some((at, self.shards.get(at)?.lock().unwrap_or_else(PoisonError::into_inner)));
        places.into_iter().filter_map(lock).collect()
    }
}

fn place(key: u64) -> usize {
    // The remainder is below the number of shards, which any `usize` holds.
    usize::try_from(key % SHARDS as u64).unwrap_or_default()
}

fn shard<'a>(held: &'a mut [(usize, MutexGuard<'_, Shard>)], key: u64) -> Option<&'a mut Shard> {
    held.iter_mut().find(|(at, _)| *at == place(key)).map(|(_, shard)| &mut **shard)
}

#[async_trait]
impl RateLimiter for ProcessLimiter {
    async fn take(&self, charges: &[Charge]) -> Counted {
        self.count(charges)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use cotenant_domain::limits::{LimitKey, Rate};
    use time::{Duration, OffsetDateTime};

    use super::*;

    #[derive(Default)]
    struct Seconds(AtomicI64);

    impl Clock for Seconds {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_000_000 + self.0.load(Ordering::Relaxed))
        }
    }

    fn charge(policy: &'static str, of: u128, requests: u32) -> Charge {
        Charge { key: LimitKey { policy, of }, rate: Rate::new(requests, 60).unwrap() }
    }

    #[test]
    fn a_request_takes_from_all_of_its_limits_or_from_none() {
        let clock = Arc::new(Seconds::default());
        let limiter = ProcessLimiter::new(clock.clone());
        let (tenant, one, other) = (charge("tenant", 1, 3), charge("person", 1, 2), charge("person", 2, 2));
        assert!(limiter.count(&[tenant, one]).admitted && limiter.count(&[tenant, one]).admitted);
        let refused = limiter.count(&[tenant, one]);
        assert!(!refused.admitted);
        assert_eq!(refused.levels.iter().map(|level| level.left).collect::<Vec<_>>(), [1, 0]);
        let served = limiter.count(&[tenant, other]);
        assert!(served.admitted, "what was refused took nothing from the tenant");
        assert_eq!(served.levels.iter().map(|level| level.left).collect::<Vec<_>>(), [0, 1]);
        assert!(!limiter.count(&[tenant, other]).admitted);
        clock.0.store(20, Ordering::Relaxed);
        assert!(limiter.count(&[tenant, other]).admitted, "a third of a minute is one of three");
    }

    #[test]
    fn the_same_id_under_another_policy_is_another_count() {
        let limiter = ProcessLimiter::new(Arc::new(Seconds::default()));
        assert!(limiter.count(&[charge("tenant-read", 1, 1)]).admitted);
        assert!(!limiter.count(&[charge("tenant-read", 1, 1)]).admitted);
        assert!(limiter.count(&[charge("tenant-write", 1, 1)]).admitted);
    }

    #[test]
    fn of_many_at_once_no_more_are_served_than_of_many_in_turn() {
        let limiter = ProcessLimiter::new(Arc::new(Seconds::default()));
        let served = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for person in 0..8 {
                let (limiter, served) = (&limiter, &served);
                scope.spawn(move || {
                    for _ in 0..500 {
                        // In either order: two locks taken crosswise would wait for each other for ever.
                        let mut charges = [charge("tenant", 1, 1_000), charge("person", person, 400)];
                        charges.rotate_left(usize::try_from(person % 2).unwrap());
                        served.fetch_add(usize::from(limiter.count(&charges).admitted), Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(served.into_inner(), 1_000);
    }
}
