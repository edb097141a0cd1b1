use time::Duration;

use super::kind::Pauses;
use crate::shared::Chance;

/// How long to wait after the given failed attempt (from 1): the first pause, doubled each time, the longest at most, less up
/// to a quarter by chance. Jobs that failed together, because a mail server was away, do not all come back at the same
/// moment.
pub(super) fn pause(pauses: Pauses, attempt: u32, chance: &dyn Chance) -> Duration {
    let twice = |pause: Duration, _| pause.saturating_add(pause).min(pauses.longest);
    let nominal: Duration = (1..attempt.min(64)).fold(pauses.first.min(pauses.longest), twice);
    let quarter = u32::try_from((nominal / 4_i32).whole_milliseconds()).unwrap_or(u32::MAX);
    nominal - Duration::milliseconds(chance.below(quarter.saturating_add(1)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::JobKind;

    /// The lowest or the highest number there is.
    struct Extreme(bool);

    impl Chance for Extreme {
        fn below(&self, n: u32) -> u32 {
            if self.0 { n - 1 } else { 0 }
        }
    }

    struct Usual;

    impl JobKind for Usual {
        const NAME: &'static str = "usual";
        type Payload = ();
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_lose_at_most_a_quarter() {
        let nominal = [30, 60, 120, 240, 480, 960, 1920, 3600, 3600];
        for (attempt, seconds) in (1..).zip(nominal) {
            let whole = Duration::seconds(seconds);
            assert_eq!(pause(Usual::PAUSES, attempt, &Extreme(false)), whole, "attempt {attempt}");
            assert_eq!(pause(Usual::PAUSES, attempt, &Extreme(true)), whole * 3 / 4, "attempt {attempt}");
        }
        assert_eq!(pause(Usual::PAUSES, u32::MAX, &Extreme(false)), Duration::hours(1));
        assert_eq!(pause(Usual::PAUSES, 0, &Extreme(false)), Duration::seconds(30));
        let none = Pauses { first: Duration::ZERO, longest: Duration::ZERO };
        assert_eq!(pause(none, 3, &Extreme(true)), Duration::ZERO);
    }
}
