//! Where settings are looked for: the inputs of loading, as values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{ConfigError, Problem};
use super::{embedded, names};

/// Everything that [`Config::load`](super::Config::load) reads. The default has no variables and no files: the built-in
/// settings alone.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Environment variables; those that do not begin with `COTENANT_` are ignored.
    pub env: BTreeMap<String, String>,
    /// A `.env` file, read in development when it exists.
    pub dotenv: Option<PathBuf>,
    /// The directory with `default.toml` and the files of the environments, unless `COTENANT_CONFIG_DIR` names another.
    pub config_dir: Option<PathBuf>,
}

impl Sources {
    /// The process environment, `.env` and `config/` of the working directory.
    ///
    /// # Errors
    ///
    /// A `COTENANT_` variable that is not Unicode.
    pub fn from_process() -> Result<Self, ConfigError> {
        let mut env = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if !names::is_ours(&name) {
                continue;
            }
            match value.into_string() {
                Ok(value) => drop(env.insert(name, value)),
                Err(_) => problems.push(Problem::NotUnicode { name }),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::new(problems));
        }
        // Many programs keep a `config` directory; ours is known by its first file.
        let config_dir = Path::new("config");
        Ok(Self {
            env,
            dotenv: Some(PathBuf::from(".env")),
            config_dir: config_dir.join(embedded::DEFAULT_NAME).is_file().then(|| config_dir.to_owned()),
        })
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }
}
