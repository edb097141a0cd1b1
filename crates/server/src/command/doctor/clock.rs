use cotenant_domain::shared::Clock;
use cotenant_infrastructure::SystemClock;
use cotenant_infrastructure::doctor::{Check, Finding, Linter, Rule, Unreadable};
use time::OffsetDateTime;

const CLOCK: Rule = Rule {
    name: "clock",
    about: "this machine knows the time, and so does the database's",
    mend: "set both machines' clocks by NTP: tokens, invitations and leases of jobs end by them",
};

/// How far the two may be apart, in milliseconds.
const TOLERANCE: i64 = 5_000;
/// Years in which this program may run. A clock that starts at 1970 is what this is about.
const YEARS: std::ops::Range<i32> = 2025..2100;

pub(super) async fn check(linter: &Linter) -> Result<Check, Unreadable> {
    let before = SystemClock.now();
    let database = linter.clock().await?;
    Ok(CLOCK.found(findings(before, database, SystemClock.now())))
}

/// The database told its time somewhere between `before` and `after`.
fn findings(before: OffsetDateTime, database: Option<i64>, after: OffsetDateTime) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !YEARS.contains(&before.year()) {
        findings.push(Finding::new("this machine", format!("believes that it is the year {}", before.year())));
    }
    let milliseconds = |at: OffsetDateTime| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
    if let Some(database) = database {
        let slow = milliseconds(before).saturating_sub(database);
        let fast = database.saturating_sub(milliseconds(after));
        for (by, how) in [(slow, "behind"), (fast, "ahead of")] {
            if by > TOLERANCE {
                findings.push(Finding::new("the database", format!("is {} s {how} this machine", by / 1_000)));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    fn apart(by: Duration) -> Vec<Finding> {
        let now = datetime!(2026-06-01 12:00 UTC);
        let database = i64::try_from((now + by).unix_timestamp_nanos() / 1_000_000).unwrap();
        findings(now, Some(database), now + Duration::milliseconds(40))
    }

    #[test]
    fn clocks_apart_by_more_than_five_seconds_are_found() {
        for close in [Duration::ZERO, Duration::seconds(-5), Duration::milliseconds(5_040)] {
            assert_eq!(apart(close), [], "{close}");
        }
        let found = |what: &str| vec![Finding::new("the database", what)];
        assert_eq!(apart(Duration::milliseconds(-5_001)), found("is 5 s behind this machine"));
        assert_eq!(apart(Duration::hours(1)), found("is 3599 s ahead of this machine"));
    }

    #[test]
    fn a_machine_without_the_time_is_found_on_any_database() {
        let (sane, reset) = (datetime!(2026-06-01 12:00 UTC), datetime!(1970-01-01 00:00:10 UTC));
        assert_eq!(findings(sane, None, sane), []);
        let found = [Finding::new("this machine", "believes that it is the year 1970")];
        assert_eq!(findings(reset, None, reset), found);
    }
}
