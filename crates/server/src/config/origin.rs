//! Where a value came from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::names;

/// The layer that gave a setting its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The copy of a configuration file inside the binary, by file name.
    BuiltIn(&'static str),
    /// A configuration file.
    File(PathBuf),
    /// The `.env` file, in development.
    DotEnv(PathBuf),
    /// An environment variable.
    Environment,
    /// A file under the data directory that development wrote.
    Generated(PathBuf),
}

/// The origin of each setting that has a value.
pub(super) type Origins = BTreeMap<&'static str, Origin>;

impl Origin {
    /// The setting as it is spelled at this origin, followed by the origin: what a person has to look for.
    pub(super) fn place(&self, key: &str) -> String {
        match self {
            Self::DotEnv(_) => format!("{key} ({} in {self})", names::variable(key)),
            Self::Environment => format!("{key} (environment variable {})", names::variable(key)),
            Self::BuiltIn(_) | Self::File(_) | Self::Generated(_) => format!("{key} ({self})"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(name) => write!(f, "built-in {name}"),
            Self::File(path) | Self::DotEnv(path) | Self::Generated(path) => path.display().fmt(f),
            Self::Environment => f.write_str("environment"),
        }
    }
}
