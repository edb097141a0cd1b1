//! What the server is told from outside: files, `.env` and environment variables, read once at the start.
//!
//! Four layers, the later over the earlier:
//!
//! 1. `config/default.toml` (a copy is part of the binary, so that it runs from any directory);
//! 2. `config/<environment>.toml`;
//! 3. `.env`, in development only;
//! 4. environment variables named `COTENANT__SECTION__KEY`.
//!
//! # Why
//!
//! Every setting stands once, in the table of `settings`: its type, range, documentation, key and variable
//! all come from that line, so a setting cannot be known in one place and unknown in another. Each value is decoded on
//! its own, which lets all mistakes be reported together, each with the place it was made in.
//!
//! The process environment is an argument ([`Sources`]) and never written: tests need no global state, and `.env` does
//! not leak into child processes.

mod cache;
mod describe;
pub mod development;
mod embedded;
mod environment;
mod error;
mod layer;
mod mail;
mod names;
mod origin;
mod plans;
mod production;
mod reader;
mod rules;
mod settings;
mod sources;
mod strength;
mod table;
mod value;

#[cfg(test)]
mod example;
#[cfg(test)]
mod tests;

pub use self::describe::Entry;
pub use self::environment::{Environment, UnknownEnvironment};
pub use self::error::{ConfigError, Problem, SyntaxError};
pub use self::origin::Origin;
pub use self::production::{Facts, Reason, Refusal, Refused, production_refusals};
pub use self::settings::{
    Auth, Bootstrap, Cache, Config, Database, Invitations, Jobs, Limits, Log, Mail, Plans, Retention, Server,
};
pub use self::sources::Sources;
pub use self::value::{CacheKind, LogFormat, MailTls, MailTransport};

use self::reader::Reader;

impl Config {
    /// Reads every layer and checks every value.
    ///
    /// What is unsafe in production only is not refused here: `migrate` or `openapi` need neither a signing key nor an
    /// origin list. `serve` asks [`Config::admit`] for that.
    ///
    /// # Errors
    ///
    /// All problems at once: files that cannot be read, unknown settings and variables, values of the wrong type or
    /// outside their range.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let (environment, layers, mut problems) = layer::read_all(sources);
        let Some(environment) = environment else {
            return Err(ConfigError::new(problems));
        };
        let mut reader = Reader::new(&layers);
        let config = Self::read(environment, &mut reader);
        let (origins, unreadable) = reader.finish();
        problems.extend(unreadable);
        match config {
            Some(mut config) if problems.is_empty() => {
                config.origins = origins;
                config.check_keys()?;
                config.check_plans()?;
                config.check_mail()?;
                config.check_cache()?;
                Ok(config)
            }
            _ => Err(ConfigError::new(problems)),
        }
    }

    /// Tokens are signed with one secret or with the keys of a file. In production a short secret is one refusal among others,
    /// and they are wanted together.
    fn check_keys(&self) -> Result<(), ConfigError> {
        let not_allowed = |key, found, allowed| {
            Err(ConfigError::new(vec![Problem::NotAllowed { place: self.place(key), found, allowed }]))
        };
        match (&self.auth.signing_key, &self.auth.key_file) {
            (Some(_), Some(_)) => {
                let beside = format!("set beside {}", self.place("auth.signing_key"));
                not_allowed("auth.key_file", beside, "one of the two".to_owned())
            }
            (Some(key), None) if self.environment != Environment::Production => {
                let least = strength::KEY_BYTES;
                strength::long_enough(key, least).or_else(|bytes| {
                    let found = format!("a key of {bytes} bytes");
                    not_allowed("auth.signing_key", found, format!("at least {least} bytes"))
                })
            }
            _ => Ok(()),
        }
    }

    /// `key (where its value comes from)`, for messages.
    fn place(&self, key: &'static str) -> String {
        match self.origins.get(key) {
            Some(origin) => origin.place(key),
            None => key.to_owned(),
        }
    }
}
