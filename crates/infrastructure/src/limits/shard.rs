use std::collections::HashMap;

/// The most entries of one shard. An entry is some twenty bytes, and there are sixteen shards.
const MOST: usize = 8_192;
/// How many there are before it is worth looking for those that can go.
const FEW: usize = 64;

/// Some of the counts: for each key the instant, in microseconds, at which its limit is full again.
#[derive(Debug)]
pub(super) struct Shard {
    full_at: HashMap<u64, i64>,
    sweep_at: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self { full_at: HashMap::new(), sweep_at: FEW }
    }
}

impl Shard {
    /// A key's instant; one that is not kept was full long ago.
    pub(super) fn get(&self, key: u64) -> i64 {
        self.full_at.get(&key).copied().unwrap_or_default()
    }

    /// Keeps a key's instant.
    pub(super) fn set(&mut self, key: u64, full_at: i64, now: i64) {
        if self.full_at.len() >= self.sweep_at && !self.full_at.contains_key(&key) {
            self.make_room(now);
        }
        self.full_at.insert(key, full_at);
    }

    /// Forgets those that are full again, who are told from strangers by nothing. Where that is not enough, those go that are
    /// nearest to it, a quarter at a time: they lose the least. The next look comes when there are twice as many, so that all
    /// looks together cost each request next to nothing.
    fn make_room(&mut self, now: i64) {
        self.full_at.retain(|_, full_at| *full_at > now);
        let surplus = self.full_at.len().saturating_sub(MOST - MOST / 4);
        if self.full_at.len() >= MOST && surplus > 0 {
            let mut instants: Vec<i64> = self.full_at.values().copied().collect();
            let (_, bound, _) = instants.select_nth_unstable(surplus - 1);
            let (bound, mut left) = (*bound, surplus);
            self.full_at.retain(|_, full_at| {
                let goes = left > 0 && *full_at <= bound;
                left -= usize::from(goes);
                !goes
            });
        }
        self.sweep_at = (self.full_at.len() * 2).clamp(FEW, MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_full_again_is_forgotten_and_nobody_else() {
        let mut shard = Shard::default();
        for key in 0..10_000_u64 {
            let now = i64::try_from(key).unwrap();
            shard.set(key, now + 100, now);
            assert!(shard.full_at.len() <= 2 * 100 + FEW, "{} are kept, and a hundred count", shard.full_at.len());
            let oldest = key.saturating_sub(99);
            assert_eq!(shard.get(oldest), i64::try_from(oldest).unwrap() + 100);
        }
    }

    #[test]
    fn memory_is_bounded_and_those_who_used_least_go_first() {
        let mut shard = Shard::default();
        let keys = u64::try_from(MOST).unwrap();
        for key in 0..=keys {
            shard.set(key, i64::try_from(key).unwrap() + 1, 0);
        }
        assert_eq!(shard.full_at.len(), MOST - MOST / 4 + 1);
        assert_eq!((shard.get(0), shard.get(keys)), (0, i64::try_from(keys).unwrap() + 1));
        // All alike: the bound holds all the same.
        for key in 0..3 * keys {
            shard.set(key, 7, 0);
        }
        assert!(shard.full_at.len() <= MOST);
    }
}
