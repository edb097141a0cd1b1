//! The three environments a server runs in.

use std::fmt;
use std::str::FromStr;

/// Chosen by `COTENANT_ENV`; decides which file is layered over `default.toml` and what is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Environment {
    /// A person's own machine: readable logs, secrets made on the spot, migrations at the start.
    #[default]
    Development,
    /// Real tenants: nothing is made up, and unsafe settings are refused.
    Production,
    /// Automated tests: cheap password hashes, nothing generated.
    Test,
}

impl Environment {
    /// The name used in `COTENANT_ENV` and in file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected development, production or test")]
pub struct UnknownEnvironment;

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Development, Self::Production, Self::Test]
            .into_iter()
            .find(|environment| environment.name() == text)
            .ok_or(UnknownEnvironment)
    }
}
