use std::str::FromStr;

use cotenant_domain::shared::{Limit, whole_microseconds};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A page size as asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageLimit(pub(crate) Limit);

/// Not a page size.
#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 1 on")]
pub(crate) struct NoPageLimit;

impl FromStr for PageLimit {
    type Err = NoPageLimit;

    fn from_str(text: &str) -> Result<Self, NoPageLimit> {
        if text.is_empty() || text.len() > 40 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NoPageLimit);
        }
        match text.parse().unwrap_or(u32::MAX) {
            0 => Err(NoPageLimit),
            asked => Ok(Self(Limit::nearest(asked))),
        }
    }
}

/// An instant in UTC, in whole microseconds, of a year that every database takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant(pub(crate) OffsetDateTime);

/// Not an instant.
#[derive(Debug, thiserror::Error)]
#[error("must be an instant by RFC 3339, such as 2026-11-23T03:20:04Z")]
pub(crate) struct NoInstant;

impl FromStr for Instant {
    type Err = NoInstant;

    fn from_str(text: &str) -> Result<Self, NoInstant> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoInstant)?;
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| (1..=9999).contains(&at.year())).ok_or(NoInstant)?;
        Ok(Self(whole_microseconds(at)))
    }
}

/// A place in a log: a whole number from 0 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogPlace(pub(crate) i64);

/// Not a place.
#[derive(Debug, thiserror::Error)]
#[error("must be a whole number from 0 to {}", i64::MAX)]
pub(crate) struct NoLogPlace;

impl FromStr for LogPlace {
    type Err = NoLogPlace;

    fn from_str(text: &str) -> Result<Self, NoLogPlace> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|_| digits).map(Self).ok_or(NoLogPlace)
    }
}

/// A word as codes of actions and kinds of objects are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) String);

impl Word {
    /// The most characters.
    pub(crate) const MAX: usize = 64;
}

/// Not a word.
#[derive(Debug, thiserror::Error)]
#[error("must be 1 to {max} lower-case letters, dots and underscores", max = Word::MAX)]
pub(crate) struct NoWord;

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, NoWord> {
        let letter = |b: u8| b.is_ascii_lowercase() || b == b'.' || b == b'_';
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(letter);
        if fits { Ok(Self(text.to_owned())) } else { Err(NoWord) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_oversize_page_is_the_largest_page_and_nonsense_is_refused() {
        let limit = |text: &str| text.parse::<PageLimit>().map(|l| l.0.get()).ok();
        assert_eq!(
            (limit("1"), limit("100"), limit("101"), limit("99999999999999")),
            (Some(1), Some(100), Some(100), Some(100))
        );
        for wrong in ["0", "000", "-1", "+1", "1.5", "", "ten", "1e3", " 1"] {
            assert_eq!(limit(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_place_is_a_whole_number_and_nothing_else() {
        let place = |text: &str| text.parse::<LogPlace>().map(|place| place.0).ok();
        assert_eq!((place("0"), place("42"), place("9223372036854775807")), (Some(0), Some(42), Some(i64::MAX)));
        for wrong in ["", "-1", "+1", "1.0", "9223372036854775808", "x", " 1"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_instant_is_turned_to_utc_and_must_have_a_year_that_databases_take() {
        let instant = |text: &str| text.parse::<Instant>().map(|i| i.0).ok();
        assert_eq!(instant("2026-11-23T06:20:04.1234567+03:00"), Some(datetime!(2026-11-23 03:20:04.123456 UTC)));
        for wrong in
            ["2026-11-23", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "now", ""]
        {
            assert_eq!(instant(wrong), None, "{wrong}");
        }
    }
}
