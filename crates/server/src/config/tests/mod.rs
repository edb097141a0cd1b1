//! Tests of the whole: from sources to a configuration, or to the reasons why there is none.

mod development;
mod layers;
mod mistakes;
mod production;
mod secrecy;

use std::fs;

use tempfile::TempDir;

use super::{Config, Sources};

/// A directory of configuration files.
fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn with_directory(directory: &TempDir) -> Sources {
    Sources {
        dotenv: Some(directory.path().join(".env")),
        config_dir: Some(directory.path().to_owned()),
        ..Sources::default()
    }
}

/// What is said about sources that cannot be used.
fn complaint(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().to_string()
}
