use time::Duration;

const MICROSECONDS: u64 = 1_000_000;

/// So many requests in so many seconds: all at once where none came before, and evenly from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    requests: u32,
    seconds: u32,
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// How many requests would be served at once.
    pub left: u32,
    /// How long until it is one more; nothing where all are left.
    pub more_in: Duration,
}

/// The generic cell rate algorithm (ITU-T I.371), with requests for cells.
///
/// All that is kept of a caller is one instant, at which nothing of what it used is left to be felt: `full_at`, in microseconds
/// since some beginning. Each request moves it on by the interval of the rate. A request that would move it further ahead of
/// now than all requests of the rate together is refused, and moves nothing.
impl Rate {
    /// A rate; `None` where one of the numbers is nought.
    pub const fn new(requests: u32, seconds: u32) -> Option<Self> {
        if requests == 0 || seconds == 0 { None } else { Some(Self { requests, seconds }) }
    }

    /// How many requests are served at once, and in each window from then on.
    pub const fn requests(self) -> u32 {
        self.requests
    }

    /// The window, in seconds.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// So many percent of the requests in the same window, and one at least.
    #[must_use]
    pub fn scaled(self, percent: u32) -> Self {
        let requests = u64::from(self.requests) * u64::from(percent) / 100;
        Self { requests: u32::try_from(requests).unwrap_or(u32::MAX).max(1), seconds: self.seconds }
    }

    /// The time that one request takes from the rate, in microseconds: rounded up, so that never more are served than it says.
    pub fn interval(self) -> i64 {
        let window = u64::from(self.seconds) * MICROSECONDS;
        i64::try_from(window.div_ceil(u64::from(self.requests))).unwrap_or(i64::MAX)
    }

    /// The time that all requests of the rate take, in microseconds.
    pub fn capacity(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.requests))
    }

    /// Takes one request at `now`: the instant at which the rate is full again, or `None` where the request is refused.
    pub fn take(self, full_at: i64, now: i64) -> Option<i64> {
        let used = self.used(full_at, now).saturating_add(self.interval());
        (used <= self.capacity()).then(|| now.saturating_add(used))
    }

    /// What is left at `now`.
    pub fn level(self, full_at: i64, now: i64) -> Level {
        let (interval, used) = (self.interval(), self.used(full_at, now));
        let taken = used.saturating_add(interval - 1) / interval;
        let left = u32::try_from(i64::from(self.requests) - taken).unwrap_or_default();
        // `used` reaches the next lower multiple of the interval; where it is nought, there is no more to come.
        let more_in = used - taken.saturating_sub(1).max(0) * interval;
        Level { left, more_in: Duration::microseconds(more_in) }
    }

    /// What was used and is still felt. More than all of it comes from a clock that was set back, or a rate that was changed,
    /// and counts for nothing: who could wait for an hour because of it would be locked out by nobody's doing.
    fn used(self, full_at: i64, now: i64) -> i64 {
        let used = full_at.saturating_sub(now).max(0);
        if used > self.capacity() { 0 } else { used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// Numbers that look random and are the same each time (Knuth's MMIX generator).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }
    }

    fn some_rate(numbers: &mut Numbers) -> Rate {
        let number = |n: u64| u32::try_from(n + 1).unwrap();
        Rate::new(number(numbers.below(50)), number(numbers.below(120))).unwrap()
    }

    #[test]
    fn a_share_of_a_rate_is_one_request_at_least() {
        let rate = Rate::new(600, 60).unwrap();
        let requests = [0, 20, 100, 250, u32::MAX].map(|percent| rate.scaled(percent).requests());
        assert_eq!(requests, [1, 120, 600, 1_500, u32::MAX]);
        assert_eq!(rate.scaled(20).seconds(), 60);
    }

    #[test]
    fn in_no_stretch_of_time_are_more_served_than_the_burst_and_what_the_rate_gives() {
        let mut numbers = Numbers(1);
        for _ in 0..200 {
            let rate = some_rate(&mut numbers);
            let (mut now, mut full_at, mut served) = (0, 0, Vec::new());
            for _ in 0..300 {
                now += i64::try_from(numbers.below(u64::try_from(rate.interval()).unwrap() * 3 / 2)).unwrap();
                if let Some(next) = rate.take(full_at, now) {
                    full_at = next;
                    served.push(now);
                }
            }
            for (first, begun) in served.iter().enumerate() {
                for (last, ended) in served.iter().enumerate().skip(first) {
                    let most = i64::from(rate.requests()) + (ended - begun) / rate.interval();
                    let count = i64::try_from(last - first).unwrap() + 1;
                    assert!(count <= most, "{rate:?}: {count} in {} us", ended - begun);
                }
            }
        }
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused() {
        let mut numbers = Numbers(2);
        for _ in 0..200 {
            let rate = some_rate(&mut numbers);
            let (mut now, mut full_at) = (0, 0);
            for n in 0..200 {
                full_at = rate.take(full_at, now).unwrap_or_else(|| panic!("{rate:?}: the {n}th"));
                now += rate.interval();
            }
        }
    }

    #[test]
    fn what_is_told_is_what_happens() {
        let mut numbers = Numbers(3);
        for _ in 0..500 {
            let rate = some_rate(&mut numbers);
            let now = i64::try_from(numbers.below(1_000_000_000)).unwrap();
            let mut full_at = now + i64::try_from(numbers.below(200)).unwrap() * SECOND - 30 * SECOND;
            let level = rate.level(full_at, now);
            let later = now + i64::try_from(level.more_in.whole_microseconds()).unwrap();
            if level.left < rate.requests() {
                assert!(level.more_in > Duration::ZERO);
                assert_eq!(rate.level(full_at, later).left, level.left + 1, "{rate:?}");
                assert_eq!(rate.level(full_at, later - 1).left, level.left, "{rate:?}");
            }
            for _ in 0..level.left {
                full_at = rate.take(full_at, now).unwrap();
            }
            assert_eq!(rate.take(full_at, now), None, "{rate:?}: more than were left");
        }
    }

    #[test]
    fn a_refused_request_takes_nothing_and_the_wait_that_is_told_is_enough() {
        let rate = Rate::new(2, 10).unwrap();
        let full_at = rate.take(rate.take(0, 0).unwrap(), 0).unwrap();
        for now in [0, SECOND, 4 * SECOND, 5 * SECOND - 1] {
            assert_eq!(rate.take(full_at, now), None);
            let level = rate.level(full_at, now);
            assert_eq!((level.left, level.more_in), (0, Duration::microseconds(5 * SECOND - now)));
        }
        assert!(rate.take(full_at, 5 * SECOND).is_some());
    }

    #[test]
    fn a_rate_that_was_left_alone_is_full_and_no_fuller() {
        let rate = Rate::new(3, 60).unwrap();
        let full = Level { left: 3, more_in: Duration::ZERO };
        assert_eq!((rate.level(0, 0), rate.level(0, 1_000_000 * SECOND)), (full, full));
        assert_eq!(rate.take(0, 100 * SECOND), Some(120 * SECOND), "what was not used before is not saved up");
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let rate = Rate::new(3, 60).unwrap();
        assert_eq!(rate.take(60 * SECOND, 0), None);
        assert_eq!(rate.level(60 * SECOND, 0), Level { left: 0, more_in: Duration::seconds(20) });
        assert_eq!(rate.take(60 * SECOND + 1, 0), Some(20 * SECOND));
        assert_eq!(rate.level(3_600 * SECOND, 0).left, 3);
    }

    #[test]
    fn a_rate_that_does_not_come_out_even_is_rounded_against_the_caller() {
        let rate = Rate::new(7, 60).unwrap();
        assert_eq!(rate.interval(), 8_571_429);
        assert_eq!(Rate::new(u32::MAX, 1).unwrap().interval(), 1);
        assert_eq!((Rate::new(0, 1), Rate::new(1, 0)), (None, None));
    }
}
