//! The types a setting can have, and how each is read and shown.

use std::net::SocketAddr;
use std::path::PathBuf;

use ::config::ValueKind;
use cotenant_domain::limits::Rate;
use cotenant_domain::mail::Locale;
use secrecy::SecretString;

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person at a terminal.
    Human,
    /// One JSON object a line, for a log collector.
    Json,
}

/// How mails leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTransport {
    /// Into files.
    File,
    /// To a mail server.
    Smtp,
}

/// Encryption on the way to the mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// From the greeting on.
    StartTls,
    /// From the first byte.
    Tls,
    /// None.
    None,
}

/// Where values are kept that the database is not to be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// Nowhere.
    Off,
    /// In each process.
    Process,
    /// In each process, and in a Redis that they share.
    Redis,
}

/// A type of setting.
pub(super) trait Setting: Sized {
    /// The type in words, for messages.
    const EXPECTED: &'static str;
    /// Whether values must not be shown.
    const SECRET: bool = false;

    /// Reads the text of a variable.
    fn parse(text: &str) -> Option<Self>;

    /// Reads a value of a file. A number in quotes is a mistake there, though it is the only way in a variable.
    fn decode(value: &ValueKind) -> Option<Self> {
        match value {
            ValueKind::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// The value when no layer has one, for those that can be left out.
    fn absent() -> Option<Self> {
        None
    }

    /// What may be shown of the value; `None` when it is not set.
    fn show(&self) -> Option<String>;
}

/// What is shown in place of a secret.
pub(super) const MASK: &str = "********";

macro_rules! whole_numbers {
    ($($number:ty)+) => {$(
        impl Setting for $number {
            const EXPECTED: &'static str = "a whole number";

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }

            fn decode(value: &ValueKind) -> Option<Self> {
                match value {
                    ValueKind::I64(number) => (*number).try_into().ok(),
                    _ => None,
                }
            }

            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )+};
}

whole_numbers!(u32 u64 usize);

impl Setting for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn decode(value: &ValueKind) -> Option<Self> {
        match value {
            ValueKind::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for String {
    const EXPECTED: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn show(&self) -> Option<String> {
        Some(self.clone())
    }
}

impl Setting for SecretString {
    const EXPECTED: &'static str = "text";
    const SECRET: bool = true;

    fn parse(text: &str) -> Option<Self> {
        String::parse(text).map(Self::from)
    }

    fn show(&self) -> Option<String> {
        Some(MASK.to_owned())
    }
}

impl Setting for SocketAddr {
    const EXPECTED: &'static str = "an address and port such as 127.0.0.1:8080";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// The longest window of a rate, in seconds: a day. A limit that is full again much later is kept for as long.
const LONGEST_WINDOW: u32 = 86_400;

impl Setting for Rate {
    const EXPECTED: &'static str = "requests and seconds such as 600/60, no more than a day";

    fn parse(text: &str) -> Option<Self> {
        let (requests, seconds) = text.split_once('/')?;
        let rate = Self::new(requests.parse().ok()?, seconds.parse().ok()?)?;
        (rate.seconds() <= LONGEST_WINDOW).then_some(rate)
    }

    fn show(&self) -> Option<String> {
        Some(format!("{}/{}", self.requests(), self.seconds()))
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "a path";

    fn parse(text: &str) -> Option<Self> {
        String::parse(text).map(Self::from)
    }

    fn show(&self) -> Option<String> {
        Some(self.display().to_string())
    }
}

/// Settings that are one of a few words.
macro_rules! words {
    ($($setting:ty, $expected:literal: $($word:literal => $value:path),+;)+) => {$(
        impl Setting for $setting {
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some($value),)+
                    _ => None,
                }
            }

            fn show(&self) -> Option<String> {
                let word = match self {
                    $($value => $word,)+
                };
                Some(word.to_owned())
            }
        }
    )+};
}

words! {
    CacheKind, "process, redis or off":
        "process" => CacheKind::Process, "redis" => CacheKind::Redis, "off" => CacheKind::Off;
    MailTransport, "file or smtp": "file" => MailTransport::File, "smtp" => MailTransport::Smtp;
    MailTls, "starttls, tls or none":
        "starttls" => MailTls::StartTls, "tls" => MailTls::Tls, "none" => MailTls::None;
    Locale, "en or sw": "en" => Locale::English, "sw" => Locale::Swahili;
    LogFormat, "human or json": "human" => LogFormat::Human, "json" => LogFormat::Json;
}

impl Setting for Vec<String> {
    const EXPECTED: &'static str = "a list of texts";

    fn parse(text: &str) -> Option<Self> {
        Some(text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    fn decode(value: &ValueKind) -> Option<Self> {
        match value {
            ValueKind::Array(values) => values.iter().map(|value| String::decode(&value.kind)).collect(),
            _ => None,
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }

    fn show(&self) -> Option<String> {
        (!self.is_empty()).then(|| self.join(", "))
    }
}

/// Nothing in a variable means nothing, so that a later layer can take back what an earlier one set.
impl<T: Setting> Setting for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const SECRET: bool = T::SECRET;

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }

    fn decode(value: &ValueKind) -> Option<Self> {
        match value {
            ValueKind::String(text) if text.is_empty() => Some(None),
            value => T::decode(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(T::show)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_two_numbers_and_nothing_is_no_limit() {
        let rate = Rate::parse("600/60").unwrap();
        assert_eq!((rate, rate.show().as_deref()), (Rate::new(600, 60).unwrap(), Some("600/60")));
        for wrong in ["600", "0/60", "600/0", "-1/60", "600/86401", "600 / 60", "10/1/1", "x/y"] {
            assert!(Rate::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Option::<Rate>::parse(""), Some(None));
    }
}
