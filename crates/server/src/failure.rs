use cotenant_domain::audit::Broken;
use cotenant_domain::bootstrap::BootstrapError;
use cotenant_domain::identity::HashError;
use cotenant_domain::mail::MailError;
use cotenant_domain::platform::OperatorError;
use cotenant_domain::shared::RepositoryError;
use cotenant_infrastructure::InvalidRedis;
use cotenant_infrastructure::signing_keys::KeyError;
use cotenant_migration::RunnerError;

use crate::config::development::DevelopmentSecretError;
use crate::config::{ConfigError, Refusal, Refused};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration is not safe for production.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A setting that the command needs is missing.
    #[error(transparent)]
    Missing(#[from] Refusal),
    /// Development's own secrets.
    #[error(transparent)]
    Secrets(#[from] DevelopmentSecretError),
    /// The log's filter.
    #[error("the log cannot be set up")]
    Logging(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Migrations, or the database beneath them.
    #[error("the database's schema")]
    Schema(#[from] RunnerError),
    /// The schema is not this program's, and `serve` was not told to migrate.
    #[error("{0}")]
    SchemaState(String),
    /// Another server has the SQLite file.
    #[error("another server uses {0}: one server for each SQLite file; use PostgreSQL for several")]
    FileInUse(String),
    /// The database.
    #[error("the database")]
    Scoped(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database, seen from the domain.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The keys that sign tokens.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The command changes a file of keys, and there is none.
    #[error("auth.key_file is not set: set COTENANT__AUTH__KEY_FILE to the file in which the keys shall be")]
    NoKeyFile,
    /// Where values are kept.
    #[error("cache.redis_url and cache.redis_secret")]
    Cache(#[from] InvalidRedis),
    /// Which plans there are.
    #[error("plans.default is none of plans.offered")]
    Plans,
    /// Where requests are counted.
    #[error("limits.redis_url")]
    Limits(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The way to send mail.
    #[error(transparent)]
    Mail(#[from] crate::mail::MailSetupError),
    /// A message, or the way to the mail server.
    #[error(transparent)]
    Sending(#[from] MailError),
    /// Hashing passwords.
    #[error(transparent)]
    Hashing(#[from] HashError),
    /// The bootstrap was refused.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// An act upon operators was refused.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// An argument is not valid.
    #[error("{name}: {problem}")]
    Argument {
        /// Which.
        name: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// An export of an audit log does not hold.
    #[error("line {line}: {broken}")]
    Audit {
        /// Which line; one past the last where the end is wrong.
        line: u64,
        /// What is wrong there.
        broken: Broken,
    },
    /// A file, a socket, the terminal.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The worker is gone, and nobody told it to go: the log has why.
    #[error("the worker ended by itself")]
    Worker,
    /// The document cannot be written.
    #[error("the OpenAPI document")]
    OpenApi(#[from] serde_json::Error),
}

impl Failure {
    /// The error and everything beneath it, for a person.
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            let line = error.to_string();
            if !text.contains(&line) {
                text.push_str("\n  because: ");
                text.push_str(&line);
            }
            source = error.source();
        }
        text
    }
}
