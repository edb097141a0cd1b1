//! What can be wrong with a configuration.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Everything that is wrong, so that one start shows all of it.
#[derive(Debug)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order they were met.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not usable")?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
            let mut cause = problem.source();
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl Error for ConfigError {}

/// One mistake and where it was made. No variant carries the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// `COTENANT_ENV` holds something else than an environment.
    #[error("COTENANT_ENV={value}: expected development, production or test")]
    UnknownEnvironment {
        /// What it holds.
        value: String,
    },
    /// `.env` tries to leave development, although it is only read there.
    #[error("COTENANT_ENV={value} in {}: that file is read in development only, set the variable itself", path.display())]
    EnvironmentInDotEnv {
        /// What it holds.
        value: String,
        /// The file.
        path: PathBuf,
    },
    /// A key in a file that no setting has.
    #[error("unknown setting {key} ({place}): did you mean {nearest}?")]
    UnknownSetting {
        /// The key as written.
        key: String,
        /// The file.
        place: String,
        /// The known key that looks most like it.
        nearest: String,
    },
    /// A `COTENANT_` variable that nothing reads.
    #[error("unknown variable {name} ({place}): did you mean {nearest}?")]
    UnknownVariable {
        /// The variable as written.
        name: String,
        /// The environment or the `.env` file.
        place: String,
        /// The known variable that looks most like it.
        nearest: String,
    },
    /// A value is written where a section is expected.
    #[error("{key} ({place}): it is a section, write [{key}] and its settings below")]
    Section {
        /// The section.
        key: String,
        /// The file.
        place: String,
    },
    /// A value of another type than the setting's.
    #[error("{place}: expected {expected}, found {found}")]
    WrongType {
        /// The setting and where it was set.
        place: String,
        /// The type, in words.
        expected: String,
        /// The value, or its type where the value is secret.
        found: String,
    },
    /// A value of the right type that the setting does not admit.
    #[error("{place} is {found}: allowed is {allowed}")]
    NotAllowed {
        /// The setting and where it was set.
        place: String,
        /// The value, or a description where it is secret.
        found: String,
        /// The range or form, in words.
        allowed: String,
    },
    /// No layer sets it.
    #[error("{key} has no value: add it to default.toml or set {variable}")]
    Missing {
        /// The setting.
        key: &'static str,
        /// Its variable.
        variable: String,
    },
    /// `COTENANT_CONFIG_DIR` names no directory.
    #[error("COTENANT_CONFIG_DIR={} is no directory that can be read", path.display())]
    NoDirectory {
        /// What it names.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file that is not what its name says.
    #[error("{place} cannot be parsed")]
    Syntax {
        /// The file.
        place: String,
        /// The place in the file and the mistake.
        #[source]
        source: SyntaxError,
    },
    /// A variable whose value is not Unicode.
    #[error("variable {name} is not valid Unicode")]
    NotUnicode {
        /// The variable.
        name: String,
    },
}

/// A mistake in the text of a file, without the text.
///
/// The parsers' own errors quote the line, which may hold a secret; they are cut down to this.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    message: String,
}

impl SyntaxError {
    /// From the error of the TOML parser: its first line says where, the lines with a bar quote the source.
    pub(super) fn toml(error: &::config::ConfigError) -> Self {
        let text = match error {
            ::config::ConfigError::FileParse { cause, .. } => cause.to_string(),
            other => other.to_string(),
        };
        let unquoted: Vec<&str> = text.lines().filter(|line| !line.contains('|')).map(str::trim).collect();
        Self { message: unquoted.join(": ") }
    }

    /// From the error of the `.env` parser, which knows the line's text and not its number.
    pub(super) fn dotenv(error: &dotenvy::Error, text: &str) -> Self {
        let message = match error {
            dotenvy::Error::LineParse(quoted, _) => {
                let number = text.lines().position(|line| quoted.starts_with(line.trim()) && !line.trim().is_empty());
                match number {
                    Some(index) => format!("line {} is not NAME=value", index + 1),
                    None => "a line is not NAME=value".to_owned(),
                }
            }
            _ => "the file is not valid UTF-8".to_owned(),
        };
        Self { message }
    }
}
