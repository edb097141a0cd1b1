use time::OffsetDateTime;

/// The source of the present moment. Tests turn it by hand; nothing else in this crate knows the time.
pub trait Clock: Send + Sync {
    /// The present moment in UTC, in whole microseconds: the precision that every database here keeps, so that an
    /// instant read back equals the instant written.
    fn now(&self) -> OffsetDateTime;
}

/// Cuts an instant to whole microseconds, in UTC.
pub fn whole_microseconds(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.to_offset(time::UtcOffset::UTC);
    at.replace_microsecond(at.microsecond()).unwrap_or(at)
}

/// The text of an instant by RFC 3339, in UTC and always with six digits after the point.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, micro) = at.to_hms_micro();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micro:06}Z", u8::from(month))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn nanoseconds_are_cut_off() {
        assert_eq!(
            whole_microseconds(datetime!(2026-01-02 03:04:05.123456789 +3)),
            datetime!(2026-01-02 00:04:05.123456 UTC)
        );
    }
}
