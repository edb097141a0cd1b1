use std::cmp::Ordering;

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds};
use croner::time::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Times that a pattern of cron with five fields names, in UTC. To the minute, so that clocks a little apart agree on them.
#[derive(Debug, Clone)]
pub(super) struct Cron(croner::Cron);

impl Cron {
    /// Reads a pattern; `None` for what is none, or names no time at all.
    pub(super) fn of(pattern: &str) -> Option<Self> {
        let cron = Self(CronParser::builder().seconds(Seconds::Disallowed).build().parse(pattern).ok()?);
        cron.next_after(OffsetDateTime::UNIX_EPOCH).map(|_| cron)
    }

    /// The last of its times until an instant, which may be one itself.
    pub(super) fn last_until(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        self.0.find_previous_occurrence(&Utc::of(at), true).ok().map(|found| found.0)
    }

    /// The first of its times after an instant.
    pub(super) fn next_after(&self, at: OffsetDateTime) -> Option<OffsetDateTime> {
        self.0.find_next_occurrence(&Utc::of(at), false).ok().map(|found| found.0)
    }
}

/// An instant in UTC, in whole seconds: what the search knows.
#[derive(Clone)]
struct Utc(OffsetDateTime);

impl Utc {
    fn of(at: OffsetDateTime) -> Self {
        let at = at.to_offset(UtcOffset::UTC);
        Self(at - Duration::nanoseconds(at.nanosecond().into()))
    }
}

impl CronDateTime for Utc {
    fn to_civil(&self) -> CivilDateTime {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second) = self.0.to_hms();
        CivilDateTime::new(
            CivilDate::from_parts_unchecked(year, u8::from(month).into(), day.into()),
            CivilTime::from_parts_unchecked(hour.into(), minute.into(), second.into()),
        )
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(self.0.weekday().number_days_from_sunday().into())
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let at = || {
            let month = Month::try_from(u8::try_from(civil.date().month()).ok()?).ok()?;
            let date = Date::from_calendar_date(civil.date().year(), month, u8::try_from(civil.date().day()).ok()?);
            let part = |part: u32| u8::try_from(part).ok();
            let (hour, minute) = (part(civil.time().hour())?, part(civil.time().minute())?);
            let time = Time::from_hms(hour, minute, part(civil.time().second())?).ok()?;
            Some(PrimitiveDateTime::new(date.ok()?, time).assume_utc())
        };
        at().map(|at| Resolution::Single(Self(at))).ok_or(CronError::InvalidDate)
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(Duration::seconds(seconds)).map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn times_are_found_before_and_after_an_instant() {
        let nightly = Cron::of("30 3 * * *").unwrap();
        let (before, at) = (datetime!(2026-02-27 03:30 UTC), datetime!(2026-02-28 03:30 UTC));
        assert_eq!(nightly.last_until(at), Some(at), "an instant may be one itself");
        assert_eq!(nightly.last_until(at - Duration::MICROSECOND), Some(before));
        assert_eq!(nightly.last_until(datetime!(2026-02-28 06:30:00.5 +3)), Some(at), "whatever its zone");
        assert_eq!(nightly.next_after(at), Some(datetime!(2026-03-01 03:30 UTC)));
        let leap = Cron::of("0 0 29 2 *").unwrap();
        assert_eq!(leap.next_after(at), Some(datetime!(2028-02-29 00:00 UTC)));
        assert_eq!(leap.last_until(at), Some(datetime!(2024-02-29 00:00 UTC)));
        let mondays = Cron::of("*/15 9 * * MON").unwrap();
        assert_eq!(mondays.next_after(at), Some(datetime!(2026-03-02 09:00 UTC)));
    }

    #[test]
    fn what_names_no_time_is_no_pattern() {
        for wrong in ["", "nightly", "* * * *", "0 0 3 * * *", "61 * * * *", "0 0 30 2 *"] {
            assert!(Cron::of(wrong).is_none(), "{wrong}");
        }
    }
}
