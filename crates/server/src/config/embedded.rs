//! The configuration files as they were when the binary was built: it runs where no `config` directory is.

use super::Environment;

pub(super) const DEFAULT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/default.toml"));
const DEVELOPMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/development.toml"));
const PRODUCTION: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/production.toml"));
const TEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/test.toml"));

/// Name of the file every environment starts from.
pub(super) const DEFAULT_NAME: &str = "default.toml";

/// Name and built-in text of the file of one environment.
pub(super) fn of(environment: Environment) -> (&'static str, &'static str) {
    match environment {
        Environment::Development => ("development.toml", DEVELOPMENT),
        Environment::Production => ("production.toml", PRODUCTION),
        Environment::Test => ("test.toml", TEST),
    }
}
