use std::sync::Mutex;

use cotenant_domain::shared::{Clock, whole_microseconds};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::hold;

/// A clock that stands still until it is turned. It begins at 2026-01-01T00:00:00Z.
#[derive(Debug)]
pub struct FixedClock(Mutex<OffsetDateTime>);

impl FixedClock {
    /// Where every such clock begins.
    pub const START: OffsetDateTime = datetime!(2026-01-01 00:00:00 UTC);

    /// A clock at [`FixedClock::START`].
    pub fn new() -> Self {
        Self(Mutex::new(Self::START))
    }

    /// Turns it to an instant, earlier or later, cut to whole microseconds as every clock's are.
    pub fn set(&self, to: OffsetDateTime) {
        *hold(&self.0) = whole_microseconds(to);
    }

    /// Turns it on.
    pub fn advance(&self, by: Duration) {
        let now = self.now();
        self.set(now + by);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        *hold(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_until_it_is_turned_and_keeps_whole_microseconds() {
        let clock = FixedClock::new();
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::nanoseconds(1_999));
        assert_eq!(clock.now(), FixedClock::START + Duration::microseconds(1));
    }
}
