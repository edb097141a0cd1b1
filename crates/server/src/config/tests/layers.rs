use std::path::PathBuf;

use super::{complaint, directory, with_directory};
use crate::config::{Config, Environment, LogFormat, Origin, Sources};

#[test]
fn built_in_defaults_are_the_documented_ones() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.body_limit_bytes, 65_536);
    assert_eq!(config.auth.access_token_seconds, 3_600);
    assert_eq!(config.mail.directory, Some(PathBuf::from("var/mail")));
    assert!(config.database.migrate && config.database.generic_plans);
    assert!(config.server.public_url.is_none() && config.server.allowed_origins.is_empty());

    let production = Config::load(&Sources::default().with("COTENANT_ENV", "production")).unwrap();
    assert_eq!((production.environment, production.log.format), (Environment::Production, LogFormat::Json));
    assert!(!production.database.migrate && production.mail.directory.is_none());

    let test = Config::load(&Sources::default().with("COTENANT_ENV", "test")).unwrap();
    assert!(test.database.migrate && test.auth.signing_key.is_none());
    assert_ne!(test.data_dir, config.data_dir, "tests stay away from a person's data");
}

#[test]
fn later_layers_win() {
    let directory = directory(&[
        ("default.toml", "[jobs]\npoll_ms = 1\nlease_seconds = 1\nmax_attempts = 1\n[invitations]\nexpires_hours = 1"),
        ("development.toml", "[jobs]\nlease_seconds = 2\nmax_attempts = 2\n[invitations]\nexpires_hours = 2"),
        (".env", "COTENANT__JOBS__MAX_ATTEMPTS=3\nCOTENANT__INVITATIONS__EXPIRES_HOURS='3'\nUNRELATED=x"),
    ]);
    let sources = with_directory(&directory).with("COTENANT__INVITATIONS__EXPIRES_HOURS", " 4 ");
    let config = Config::load(&sources).unwrap();
    let jobs = &config.jobs;
    assert_eq!((jobs.poll_ms, jobs.lease_seconds, jobs.max_attempts), (1, 2, 3));
    assert_eq!(config.invitations.expires_hours, 4);
    assert_eq!(config.retention.deleted_days, 30, "what the directory leaves out is built in");

    let origin = |key| config.origins[key].clone();
    assert_eq!(origin("jobs.poll_ms"), Origin::File(directory.path().join("default.toml")));
    assert_eq!(origin("jobs.lease_seconds"), Origin::File(directory.path().join("development.toml")));
    assert_eq!(origin("jobs.max_attempts"), Origin::DotEnv(directory.path().join(".env")));
    assert_eq!(origin("invitations.expires_hours"), Origin::Environment);
    assert_eq!(origin("retention.deleted_days"), Origin::BuiltIn("default.toml"));
}

#[test]
fn the_dotenv_file_is_for_development() {
    let directory = directory(&[(".env", "COTENANT__JOBS__POLL_MS=7")]);
    let load = |env| Config::load(&with_directory(&directory).with("COTENANT_ENV", env)).unwrap().jobs.poll_ms;
    assert_eq!([load("development"), load("production"), load("test")], [7, 1_000, 50]);
}

#[test]
fn the_dotenv_file_does_not_choose_the_environment() {
    let directory = directory(&[(".env", "COTENANT_ENV=production")]);
    assert!(complaint(&with_directory(&directory)).contains("read in development only"));
}

#[test]
fn a_variable_names_the_directory() {
    let directory = directory(&[("default.toml", "[log]\nfilter = 'warn'")]);
    let path = directory.path().display().to_string();
    let sources = Sources::default().with("COTENANT_CONFIG_DIR", &path);
    assert_eq!(Config::load(&sources).unwrap().log.filter, "warn");

    let sources = Sources::default().with("COTENANT_CONFIG_DIR", format!("{path}/absent"));
    assert!(complaint(&sources).contains("absent is no directory"), "{}", complaint(&sources));
}

#[test]
fn lists_in_variables_are_separated_by_commas_and_nothing_unsets() {
    let name = "COTENANT__SERVER__ALLOWED_ORIGINS";
    let directory = directory(&[("default.toml", "server.allowed_origins = ['https://file.example.com']")]);
    let origins = |sources: &Sources| Config::load(sources).unwrap().server.allowed_origins;
    assert_eq!(origins(&with_directory(&directory)), ["https://file.example.com"]);
    let sources = with_directory(&directory).with(name, "https://a.example.com, http://localhost:3000,");
    assert_eq!(origins(&sources), ["https://a.example.com", "http://localhost:3000"]);
    assert!(origins(&with_directory(&directory).with(name, "")).is_empty());

    let config = Config::load(&Sources::default().with("COTENANT__MAIL__DIRECTORY", "")).unwrap();
    assert!(config.mail.directory.is_none() && !config.origins.contains_key("mail.directory"));
}
