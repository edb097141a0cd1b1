//! The effective settings for a person to read: `cotenant config check`.

use std::fmt::Write as _;

use secrecy::ExposeSecret;

use super::value::MASK;
use super::{Config, Origin, names};

/// One setting as it is in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key in the files: `section.name`.
    pub key: &'static str,
    /// The environment variable that sets it.
    pub variable: String,
    /// The value, with secrets masked; `None` when it is not set.
    pub value: Option<String>,
    /// Where the value came from; `None` when it is not set.
    pub origin: Option<Origin>,
}

impl Config {
    /// Every setting, in the order of the documentation.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let entry = |(key, value)| Entry {
            key,
            variable: names::variable(key),
            value: if key == "database.url" {
                Some(without_password(self.database.url.expose_secret()))
            } else {
                value
            },
            origin: self.origins.get(key).cloned(),
        };
        self.shown().into_iter().map(entry).collect()
    }

    /// A line for every setting: its key, its value with secrets masked, and where it came from.
    #[must_use]
    pub fn describe(&self) -> String {
        let rows: Vec<[String; 3]> = self
            .entries()
            .into_iter()
            .map(|entry| {
                let value = entry.value.unwrap_or_else(|| "(not set)".to_owned());
                [entry.key.to_owned(), value, entry.origin.map(|origin| origin.to_string()).unwrap_or_default()]
            })
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let (keys, values) = (width(0), width(1));
        let mut text = format!("environment: {}\n", self.environment);
        for [key, value, origin] in &rows {
            let line = format!("{key:keys$}  {value:values$}  {origin}");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

/// Which database it is, without what opens it. Anything but the plainest form is masked whole: a password may hold any
/// of the characters that take an address apart.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return if url.starts_with("sqlite:") { without_query(url) } else { MASK.to_owned() };
    };
    if scheme == "sqlite" {
        return without_query(url);
    }
    let shown = match rest.split_once('@') {
        None => without_query(rest),
        Some((user, host)) if !user.contains(['?', '#', '/']) && !host.contains('@') => {
            let name = user.split_once(':').map_or(user, |(name, _)| name);
            format!("{name}:{MASK}@{}", without_query(host))
        }
        Some(_) => MASK.to_owned(),
    };
    format!("{scheme}://{shown}")
}

fn without_query(url: &str) -> String {
    match url.split_once(['?', '#']) {
        Some((before, _)) => format!("{before}?{MASK}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_address_shows_no_password() {
        for (url, shown) in [
            ("sqlite://var/cotenant.db", "sqlite://var/cotenant.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite://a.db?key=canary", "sqlite://a.db?********"),
            ("postgres://app:canary@db:5432/app", "postgres://app:********@db:5432/app"),
            ("postgres://app:canary@db/app?password=canary", "postgres://app:********@db/app?********"),
            ("postgres://db/app?password=ca@canary", "postgres://********"),
            ("postgres://app:ca@canary@db/app", "postgres://********"),
            ("postgres://app:ca?canary@db/app", "postgres://********"),
            ("postgres:///app?host=/run&password=canary", "postgres:///app?********"),
        ] {
            assert_eq!(without_password(url), shown);
            assert!(!without_password(url).contains("canary"));
        }
    }
}
