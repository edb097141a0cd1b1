//! Keeps `.env.example` and `config/default.toml` in step with the table of settings.
//!
//! `COTENANT_TEST_BLESS=1 cargo test -p cotenant-server env_example` writes the file anew.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::settings::KEYS;
use super::value::MASK;
use super::{Config, Sources, layer, names};

const HEAD: &str = "\
# Copy this file to `.env`: development reads it at the start, other environments do not.
# Every setting stands here with its default. Take away the `# ` before a line to change it. The same names work as
# environment variables in every environment, and there they win over `.env` and over the files in `config/`.
#
# Two variables stand outside: COTENANT_ENV=development|production|test chooses the environment (never from here), and
# COTENANT_CONFIG_DIR names another directory with default.toml, development.toml, production.toml and test.toml.
#
# For production, make secrets with `openssl rand -hex 32`; a copied example is refused.
";

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The built-in default of every key, as a variable would hold it, and that of development where it differs.
fn defaults() -> Vec<(&'static str, String, Option<String>)> {
    let load = |environment| Config::load(&Sources::default().with(names::ENV, environment)).unwrap();
    // Production differs from `default.toml` in the format of the log alone, which the next test holds.
    let (plain, development) = (load("production"), load("development"));
    let text = |config: &Config| -> Vec<String> {
        let shown = config.shown().into_iter();
        shown
            .map(|(key, value)| match value {
                Some(value) if value == MASK && key == "database.url" => config.database.url.expose_secret().to_owned(),
                Some(value) => value,
                None => String::new(),
            })
            .collect()
    };
    let (plain, development) = (text(&plain), text(&development));
    let rows = KEYS.iter().zip(plain.into_iter().zip(development));
    rows.map(|(key, (plain, development))| match key.path {
        "log.format" => (key.path, development, None),
        path => (path, plain.clone(), (plain != development).then_some(development)),
    })
    .collect()
}

fn render() -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for (key, (path, value, development)) in KEYS.iter().zip(defaults()) {
        let of = path.split_once('.').map_or("", |(section, _)| section);
        if of != section {
            let _ = write!(text, "\n# {:-<118}\n", format!("[{of}] "));
            section = of;
        }
        let meaning: Vec<&str> = key.doc.iter().map(|line| line.trim()).take_while(|line| !line.is_empty()).collect();
        let development = development.map(|value| format!(" In development: {value}.")).unwrap_or_default();
        let value = if value.contains(' ') { format!("\"{value}\"") } else { value };
        let _ = write!(text, "\n# {}{development}\n# {}={value}\n", meaning.join(" "), names::variable(path));
    }
    text
}

/// The variables that a text mentions in lines to be uncommented.
fn mentioned(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start_matches("# ").split_once('='));
    lines.map(|(name, _)| name).filter(|name| name.starts_with("COTENANT__")).collect()
}

#[test]
fn env_example_is_in_step_with_the_settings() {
    let expected = render();
    if std::env::var_os("COTENANT_TEST_BLESS").is_some() {
        fs::write(root(".env.example"), &expected).unwrap();
    }
    let found = fs::read_to_string(root(".env.example")).unwrap();
    let (known, there) = (mentioned(&expected), mentioned(&found));
    let missing: Vec<_> = known.iter().filter(|name| !there.contains(name)).collect();
    let extra: Vec<_> = there.iter().filter(|name| !known.contains(name)).collect();
    assert!(missing.is_empty() && extra.is_empty(), ".env.example: missing {missing:?}, unknown {extra:?}");
    assert_eq!(
        found, expected,
        "write .env.example anew: COTENANT_TEST_BLESS=1 cargo test -p cotenant-server env_example"
    );
}

#[test]
fn env_example_uncommented_changes_nothing_but_development() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(".env");
    let example = fs::read_to_string(root(".env.example")).unwrap();
    let text: String = example.lines().map(|line| line.replacen("# COTENANT__", "COTENANT__", 1) + "\n").collect();
    fs::write(&path, text).unwrap();
    let config = Config::load(&Sources { dotenv: Some(path), ..Sources::default() }).unwrap();
    let plain = layer::read_all(&Sources::default()).1;
    assert_eq!(config.database.url.expose_secret(), "sqlite://var/cotenant.db");
    assert_eq!(config.mail.from, "Cotenant <no-reply@localhost>");
    assert!(config.mail.directory.is_none() && !config.database.migrate, "the example holds the plain defaults");
    for key in plain[0].values.keys() {
        assert!(config.origins.get(key).is_some_and(|origin| origin.to_string().ends_with(".env")), "{key}");
    }
}

#[test]
fn every_setting_that_needs_a_value_has_one_in_default_toml() {
    let (_, layers, problems) = layer::read_all(&Sources::default());
    assert!(problems.is_empty(), "{problems:?}");
    let config = Config::load(&Sources::default()).unwrap();
    let optional = [
        "server.public_url",
        "server.allowed_origins",
        "server.trusted_proxies",
        "auth.signing_key",
        "auth.key_file",
        "bootstrap.secret",
        "cache.redis_url",
        "cache.redis_secret",
        "limits.redis_url",
        "mail.directory",
        "mail.reply_to",
        "mail.link",
        "mail.host",
        "mail.user",
        "mail.password",
        "mail.password_file",
        "mail.authorities_file",
    ];
    for entry in config.entries() {
        let is_there = layers[0].values.contains_key(entry.key);
        assert_eq!(is_there, !optional.contains(&entry.key), "{}", entry.key);
    }
    let production = Config::load(&Sources::default().with(names::ENV, "production")).unwrap();
    let changed: Vec<_> =
        production.origins.iter().filter(|(_, origin)| origin.to_string().contains("production")).collect();
    assert_eq!(changed.len(), 1, "{changed:?}");
}
