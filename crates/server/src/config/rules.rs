//! What a value must look like beyond its type.

use std::fmt::Display;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// A condition on a value.
pub(super) trait Rule<T> {
    /// Whether the value may be used.
    fn admits(&self, value: &T) -> bool;

    /// What may be used, in words.
    fn range(&self) -> Option<String>;
}

/// Every value of the type.
#[derive(Debug)]
pub(super) struct Any;

impl<T> Rule<T> for Any {
    fn admits(&self, _: &T) -> bool {
        true
    }

    fn range(&self) -> Option<String> {
        None
    }
}

impl<T: PartialOrd + Display> Rule<T> for RangeInclusive<T> {
    fn admits(&self, value: &T) -> bool {
        self.contains(value)
    }

    fn range(&self) -> Option<String> {
        Some(format!("{} to {}", self.start(), self.end()))
    }
}

/// `scheme://host[:port]` as a browser writes it in the `Origin` header, which is compared byte by byte; or `*`.
#[derive(Debug)]
pub(super) struct WebOrigins;

impl Rule<Vec<String>> for WebOrigins {
    fn admits(&self, value: &Vec<String>) -> bool {
        value.iter().all(|origin| {
            origin == "*"
                || after_scheme(origin).is_some_and(|host| {
                    !host.contains(['/', '?', '#', '@', '*', ' ', '\\']) && *origin == origin.to_lowercase()
                })
        })
    }

    fn range(&self) -> Option<String> {
        Some("addresses such as https://app.example.com, in lower case and without a path".to_owned())
    }
}

/// Addresses of machines.
#[derive(Debug)]
pub(super) struct Addresses;

impl Rule<Vec<String>> for Addresses {
    fn admits(&self, value: &Vec<String>) -> bool {
        value.iter().all(|address| address.parse::<IpAddr>().is_ok())
    }

    fn range(&self) -> Option<String> {
        Some("IP addresses such as 10.0.0.2".to_owned())
    }
}

/// A web address that links are appended to.
#[derive(Debug)]
pub(super) struct WebAddress;

impl Rule<Option<String>> for WebAddress {
    fn admits(&self, value: &Option<String>) -> bool {
        value.as_deref().is_none_or(|address| {
            after_scheme(address).is_some_and(|rest| !rest.contains(['?', '#', '@', ' ']) && !rest.ends_with('/'))
        })
    }

    fn range(&self) -> Option<String> {
        Some("an address such as https://api.example.com, without a slash at its end".to_owned())
    }
}

fn after_scheme(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    (!rest.is_empty() && !rest.starts_with(['/', ':'])).then_some(rest)
}

/// A database that is supported.
#[derive(Debug)]
pub(super) struct DatabaseUrl;

impl Rule<SecretString> for DatabaseUrl {
    fn admits(&self, value: &SecretString) -> bool {
        ["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| value.expose_secret().starts_with(scheme))
    }

    fn range(&self) -> Option<String> {
        Some("sqlite://FILE or postgres://USER:PASSWORD@HOST/DATABASE".to_owned())
    }
}

/// A Redis without TLS, in the server's own network.
#[derive(Debug)]
pub(super) struct RedisUrl;

impl Rule<Option<SecretString>> for RedisUrl {
    fn admits(&self, value: &Option<SecretString>) -> bool {
        let host =
            |url: &SecretString| url.expose_secret().strip_prefix("redis://").is_some_and(|rest| !rest.is_empty());
        value.as_ref().is_none_or(host)
    }

    fn range(&self) -> Option<String> {
        Some("an address such as redis://:PASSWORD@10.0.0.3:6379/0".to_owned())
    }
}

/// The sender of a mail: an address, or a name and an address in angle brackets.
#[derive(Debug)]
pub(super) struct Sender;

impl Rule<String> for Sender {
    fn admits(&self, value: &String) -> bool {
        let address = match value.split_once('<') {
            Some((_, rest)) => rest.strip_suffix('>'),
            None => Some(value.as_str()),
        };
        let parts = address.and_then(|address| address.split_once('@'));
        parts.is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@') && !value.contains(char::is_control)
        })
    }

    fn range(&self) -> Option<String> {
        Some("ADDRESS or NAME <ADDRESS>".to_owned())
    }
}

/// The same, where it can be left out.
#[derive(Debug)]
pub(super) struct OtherSender;

impl Rule<Option<String>> for OtherSender {
    fn admits(&self, value: &Option<String>) -> bool {
        value.as_ref().is_none_or(|value| Sender.admits(value))
    }

    fn range(&self) -> Option<String> {
        Sender.range()
    }
}

/// The name or the address of a machine, without scheme or port.
#[derive(Debug)]
pub(super) struct HostName;

impl Rule<Option<String>> for HostName {
    fn admits(&self, value: &Option<String>) -> bool {
        let of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        value.as_deref().is_none_or(|host| {
            host.parse::<IpAddr>().is_ok()
                || host.split('.').all(|label| !label.is_empty() && label.bytes().all(of_name))
        })
    }

    fn range(&self) -> Option<String> {
        Some("a name such as mail.example.com, or an IP address, without a scheme or a port".to_owned())
    }
}

/// A filter of log lines. The library takes a misspelled level for a target and then logs nothing but that; here a bare
/// word is a level or a mistake.
#[derive(Debug)]
pub(super) struct LogFilter;

impl Rule<String> for LogFilter {
    fn admits(&self, value: &String) -> bool {
        value.split(',').all(|directive| directive.contains('=') || directive.parse::<LevelFilter>().is_ok())
            && EnvFilter::builder().parse(value).is_ok()
    }

    fn range(&self) -> Option<String> {
        Some("LEVEL or TARGET=LEVEL, separated by commas without spaces; levels are off, error, warn, info, debug, trace".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_text() {
        let origins = |text: &str| WebOrigins.admits(&vec![text.to_owned()]);
        for good in ["https://app.example.com", "http://localhost:3000", "*", "http://[::1]:3000"] {
            assert!(origins(good), "{good}");
        }
        for bad in ["https://app.example.com/", "app.example.com", "null", "https://", "https://*.example.com"] {
            assert!(!origins(bad), "{bad}");
        }
        for bad in
            ["https://APP.example.com", "https://user@example.com", "https://a.example.com https://b.example.com"]
        {
            assert!(!origins(bad), "{bad}");
        }

        let address = |text: &str| WebAddress.admits(&Some(text.to_owned()));
        assert!(address("https://example.com/api") && WebAddress.admits(&None));
        assert!(!address("https://example.com/") && !address("ftp://example.com"));

        let sender = |text: &str| Sender.admits(&text.to_owned());
        assert!(sender("Cotenant <no-reply@localhost>") && sender("no-reply@localhost"));
        assert!(!sender("Cotenant") && !sender("Cotenant <no-reply@localhost") && !sender("a@b\r\nBcc: c@d"));

        let host = |text: &str| HostName.admits(&Some(text.to_owned()));
        for good in ["mail.example.com", "localhost", "127.0.0.1", "::1", "xn--dkan-0ra.example"] {
            assert!(host(good), "{good}");
        }
        for bad in ["", "mail.example.com:587", "smtp://mail.example.com", "mail..example", "mail example", "[::1]"] {
            assert!(!host(bad), "{bad}");
        }

        let filter = |text: &str| LogFilter.admits(&text.to_owned());
        assert!(filter("info") && filter("info,cotenant_api=debug") && filter("warn,sqlx=off"));
        assert!(!filter("inof") && !filter("warn, sqlx=off") && !filter("info,sqlx=loud"));

        let redis = |text: &str| RedisUrl.admits(&Some(SecretString::from(text)));
        assert!(redis("redis://:secret@10.0.0.3:6379/1") && RedisUrl.admits(&None));
        assert!(!redis("10.0.0.3:6379") && !redis("redis://") && !redis("rediss://10.0.0.3"));

        let url = |text: &str| DatabaseUrl.admits(&SecretString::from(text));
        assert!(url("sqlite://var/cotenant.db") && url("sqlite::memory:") && url("postgresql://localhost/cotenant"));
        assert!(!url("mysql://localhost/cotenant") && !url("var/cotenant.db"));
    }
}
