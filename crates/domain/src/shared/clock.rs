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
