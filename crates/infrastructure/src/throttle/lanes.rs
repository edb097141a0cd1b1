use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

/// The most lanes of one kind. A lane is some forty bytes.
const MOST: usize = 100_000;

/// How lanes of a kind hold back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// How many attempts pass before the first wait.
    pub(super) free: u32,
    /// The longest wait. The first is a second, and each is twice the one before.
    pub(super) longest: Duration,
    /// After so long without an attempt nothing is left.
    pub(super) forgotten: Duration,
}

/// Lanes of one kind, a bounded number: where there would be more, those that waited longest for another attempt go.
#[derive(Debug)]
pub(super) struct Lanes {
    pace: Pace,
    lanes: HashMap<u64, Lane>,
}

#[derive(Debug, Clone, Copy)]
struct Lane {
    attempts: u32,
    last: OffsetDateTime,
}

impl Pace {
    /// How long to wait after so many attempts.
    fn wait(self, attempts: u32) -> Duration {
        let beyond = attempts.saturating_sub(self.free).min(20);
        if attempts < self.free { Duration::ZERO } else { Duration::seconds(1 << beyond).min(self.longest) }
    }
}

impl Lanes {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, lanes: HashMap::new() }
    }

    fn live(&self, key: u64, now: OffsetDateTime) -> Option<Lane> {
        self.lanes.get(&key).copied().filter(|lane| now < lane.last + self.pace.forgotten)
    }

    /// Whether there was an attempt that is not forgotten.
    pub(super) fn is_there(&self, key: u64, now: OffsetDateTime) -> bool {
        self.live(key, now).is_some()
    }

    /// How long the next attempt has to wait.
    pub(super) fn wait(&self, key: u64, now: OffsetDateTime) -> Duration {
        let lane = self.live(key, now);
        lane.map_or(Duration::ZERO, |lane| (lane.last + self.pace.wait(lane.attempts) - now).max(Duration::ZERO))
    }

    /// Counts an attempt.
    pub(super) fn count(&mut self, key: u64, now: OffsetDateTime) {
        let attempts = self.live(key, now).map_or(0, |lane| lane.attempts).saturating_add(1);
        if self.lanes.len() >= MOST && !self.lanes.contains_key(&key) {
            self.make_room(now);
        }
        self.lanes.insert(key, Lane { attempts, last: now });
    }

    /// Takes one attempt back.
    pub(super) fn take_back(&mut self, key: u64) {
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.attempts = lane.attempts.saturating_sub(1);
        }
    }

    /// Forgets a lane.
    pub(super) fn forget(&mut self, key: u64) {
        self.lanes.remove(&key);
    }

    /// A quarter at a time, so that the search for the oldest is rare.
    fn make_room(&mut self, now: OffsetDateTime) {
        let forgotten = self.pace.forgotten;
        self.lanes.retain(|_, lane| now < lane.last + forgotten);
        let surplus = self.lanes.len().saturating_sub(MOST - MOST / 4);
        if surplus > 0 {
            let mut ages: Vec<OffsetDateTime> = self.lanes.values().map(|lane| lane.last).collect();
            let (_, bound, _) = ages.select_nth_unstable(surplus - 1);
            let bound = *bound;
            let mut left = surplus;
            self.lanes.retain(|_, lane| {
                let goes = left > 0 && lane.last <= bound;
                left -= usize::from(goes);
                !goes
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn lanes(free: u32) -> Lanes {
        Lanes::new(Pace { free, longest: Duration::minutes(5), forgotten: Duration::hours(1) })
    }

    #[test]
    fn waits_begin_after_the_free_attempts_double_and_end_at_the_longest() {
        let mut lanes = lanes(3);
        let waits: Vec<i64> = (0..14)
            .map(|_| {
                lanes.count(1, NOW);
                lanes.wait(1, NOW).whole_seconds()
            })
            .collect();
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(lanes.wait(2, NOW), Duration::ZERO, "another lane");
    }

    #[test]
    fn a_lane_is_forgotten_when_nothing_comes_for_long() {
        let mut lanes = lanes(1);
        lanes.count(1, NOW);
        assert_eq!(lanes.wait(1, NOW), Duration::SECOND);
        assert_eq!(lanes.wait(1, NOW + Duration::SECOND), Duration::ZERO);
        assert!(lanes.is_there(1, NOW + Duration::minutes(59)));
        assert!(!lanes.is_there(1, NOW + Duration::hours(1)));
        lanes.count(1, NOW + Duration::hours(1));
        assert_eq!(lanes.wait(1, NOW + Duration::hours(1)), Duration::SECOND, "from the beginning");
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut lanes = lanes(1);
        let keys = u64::try_from(MOST).unwrap();
        for key in 0..=keys {
            lanes.count(key, NOW + Duration::milliseconds(i64::try_from(key).unwrap()));
        }
        let now = NOW + Duration::seconds(100);
        assert_eq!(lanes.lanes.len(), MOST - MOST / 4 + 1);
        assert!(!lanes.is_there(0, now) && lanes.is_there(keys, now) && lanes.is_there(keys - 1, now));
        // All of one moment: the bound holds all the same.
        for key in 0..=2 * keys {
            lanes.count(key, now);
        }
        assert!(lanes.lanes.len() <= MOST);
    }
}
