//! What production does not start with, and the line that has to change.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::mail::is_this_machine;
use super::strength::{BOOTSTRAP_BYTES, KEY_BYTES, weakness};
use super::{Config, Environment, names};
use crate::mail::Way;

/// What only the database can tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// Whether the platform has an operator; `None` when nobody has looked yet.
    pub operator_exists: Option<bool>,
}

/// One setting that production does not start with. Its text says which line to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The setting.
    pub key: &'static str,
    /// What is wrong with it.
    pub reason: Reason,
    /// The setting and where its value comes from.
    place: String,
}

/// Why a setting is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It has no value.
    #[error("is not set")]
    NotSet,
    /// A secret that can be guessed by trying.
    #[error("has {bytes} bytes, at least {least} are needed")]
    Short {
        /// Its length.
        bytes: usize,
        /// The least length.
        least: usize,
    },
    /// A text that stands in documentation.
    #[error("is a placeholder, not a secret")]
    Placeholder,
    /// A secret that development made for itself.
    #[error("was made for development")]
    MadeForDevelopment,
    /// A secret of few or regular characters.
    #[error("is not random: it has few different characters or repeats itself")]
    LowVariety,
    /// Every page may call the API.
    #[error("contains *, so that every web page could call the API")]
    AnyOrigin,
    /// A database that ends with the process.
    #[error("is a database in memory, which is gone when the server stops")]
    InMemory,
    /// The bootstrap is over.
    #[error("is still set although an operator exists")]
    OperatorExists,
    /// Links that carry tokens to an address without encryption.
    #[error("is not https, so that the tokens of its links travel in the open")]
    InTheOpen,
    /// Logs that contain requests.
    #[error("contains the level trace, at which libraries log whole requests with their passwords and tokens")]
    Trace,
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = names::variable(self.key);
        let (section, name) = self.key.split_once('.').unwrap_or(("", self.key));
        write!(f, "{} {}: ", self.place, self.reason)?;
        let line = |f: &mut fmt::Formatter<'_>, value: &str| {
            write!(f, "set {variable}, or {name} under [{section}] in config/production.toml, to {value}")
        };
        match (self.key, self.reason) {
            ("bootstrap.secret", Reason::OperatorExists) => {
                write!(f, "unset {variable} and remove {name} under [{section}] in config/production.toml")
            }
            ("auth.signing_key", Reason::NotSet) => write!(
                f,
                "set {variable} to a random secret, for example the output of `openssl rand -hex 32`, or {} to a file that \
                 `cotenant keys generate` makes",
                names::variable("auth.key_file")
            ),
            // Secrets do not belong into files that are checked in, so only the variable is named.
            ("auth.signing_key" | "bootstrap.secret" | "cache.redis_secret", _) => {
                write!(f, "set {variable} to a random secret, for example the output of `openssl rand -hex 32`")
            }
            ("server.allowed_origins", _) => {
                line(f, "the addresses of your web clients, for example https://app.example.com")
            }
            ("mail.directory", _) => write!(
                f,
                "no message could be sent: set {} to smtp, with the mail server's settings (docs/mail.md), or {variable} to a \
                 directory from which something of yours sends them",
                names::variable("mail.transport")
            ),
            ("mail.link", _) => line(f, "an address with https, for example https://app.example.com"),
            ("database.url", _) => line(f, "a file (sqlite://FILE) or a PostgreSQL (postgres://USER:PASSWORD@HOST/DB)"),
            _ => line(f, "another value, for example info"),
        }
    }
}

/// All that production does not start with; empty in other environments.
#[must_use]
pub fn production_refusals(config: &Config, facts: Facts) -> Vec<Refusal> {
    if config.environment != Environment::Production {
        return Vec::new();
    }
    let bootstrap = config.bootstrap.secret.as_ref().and_then(|secret| match facts.operator_exists {
        Some(true) => Some(Reason::OperatorExists),
        Some(false) | None => weakness(secret, BOOTSTRAP_BYTES),
    });
    let signing_key = match &config.auth.signing_key {
        Some(key) => weakness(key, KEY_BYTES),
        None => config.auth.key_file.is_none().then_some(Reason::NotSet),
    };
    let cache = config.cache.redis_secret.as_ref().and_then(|secret| weakness(secret, KEY_BYTES));
    let origins = &config.server.allowed_origins;
    let origins = if origins.iter().any(|origin| origin == "*") {
        Some(Reason::AnyOrigin)
    } else {
        origins.is_empty().then_some(Reason::NotSet)
    };
    let database = is_in_memory(config.database.url.expose_secret()).then_some(Reason::InMemory);
    let mail = matches!(Way::of(&config.mail), Way::Nowhere).then_some(Reason::NotSet);
    let link = config.mail.link.as_deref().is_some_and(is_in_the_open).then_some(Reason::InTheOpen);
    let log = is_trace(&config.log.filter).then_some(Reason::Trace);
    [
        ("auth.signing_key", signing_key),
        ("bootstrap.secret", bootstrap),
        ("cache.redis_secret", cache),
        ("server.allowed_origins", origins),
        ("database.url", database),
        ("mail.directory", mail),
        ("mail.link", link),
        ("log.filter", log),
    ]
    .into_iter()
    .filter_map(|(key, reason)| reason.map(|reason| config.refusal(key, reason)))
    .collect()
}

/// SQLite without a file, in all the ways to write it.
fn is_in_memory(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("sqlite:") else {
        return false;
    };
    let rest = rest.to_ascii_lowercase().replace("%3a", ":");
    let (path, query) = rest.split_once('?').unwrap_or((&rest, ""));
    let path = path.trim_start_matches('/');
    path.is_empty() || path.contains(":memory:") || query.contains("mode=memory") || query.contains("vfs=memdb")
}

/// Without encryption, to another machine.
fn is_in_the_open(link: &str) -> bool {
    link.strip_prefix("http://").is_some_and(|rest| {
        let authority = rest.split('/').next().unwrap_or_default();
        let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or_default(),
        };
        !is_this_machine(host)
    })
}

fn is_trace(filter: &str) -> bool {
    filter.split(',').any(|directive| {
        let level = directive.rsplit('=').next().unwrap_or_default().trim();
        level.eq_ignore_ascii_case("trace") || level == "5"
    })
}

/// The settings that kept production from starting.
#[derive(Debug)]
pub struct Refused {
    /// All of them.
    pub refusals: Vec<Refusal>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("production does not start with these settings")?;
        self.refusals.iter().try_for_each(|refusal| write!(f, "\n  - {refusal}"))
    }
}

impl std::error::Error for Refused {}

impl Config {
    /// [`production_refusals`] as a result, for whoever is about to serve.
    ///
    /// # Errors
    ///
    /// When there is at least one.
    pub fn admit(&self, facts: Facts) -> Result<(), Refused> {
        let refusals = production_refusals(self, facts);
        if refusals.is_empty() { Ok(()) } else { Err(Refused { refusals }) }
    }

    /// The signing key, where there is no `auth.key_file`. Development and production have one by the time they serve, tests
    /// have to bring theirs.
    ///
    /// # Errors
    ///
    /// When there is none; the text says how to set it.
    pub fn signing_key(&self) -> Result<&SecretString, Refusal> {
        self.auth.signing_key.as_ref().ok_or_else(|| self.refusal("auth.signing_key", Reason::NotSet))
    }

    fn refusal(&self, key: &'static str, reason: Reason) -> Refusal {
        Refusal { key, reason, place: self.place(key) }
    }
}
