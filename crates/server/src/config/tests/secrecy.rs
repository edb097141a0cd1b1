use super::{directory, with_directory};
use crate::config::{Config, Origin, Sources};

const CANARY: &str = "canary-9f86d081884c7d659a2feaa0c55ad015";

#[test]
fn secrets_show_nowhere() {
    let sources = Sources::default()
        .with("COTENANT__AUTH__SIGNING_KEY", CANARY)
        .with("COTENANT__BOOTSTRAP__SECRET", CANARY)
        .with("COTENANT__DATABASE__URL", format!("postgres://app:{CANARY}@db/app?sslpassword={CANARY}"));
    let config = Config::load(&sources).unwrap();
    for text in [format!("{config:?}"), format!("{config:#?}"), config.describe(), format!("{:?}", config.entries())] {
        assert!(!text.contains("canary"), "{text}");
    }
    assert!(config.describe().contains("postgres://app:********@db/app?********"));
}

#[test]
fn errors_do_not_quote_secrets() {
    let directory =
        directory(&[("production.toml", "[auth]\nsigning_key = ['canary']\n[bootstrap]\nsecret = {canary = 1}")]);
    let sources =
        with_directory(&directory).with("COTENANT_ENV", "production").with("COTENANT__DATABASE__URL", "canary");
    let error = Config::load(&sources).unwrap_err();
    assert_eq!(error.problems().len(), 3, "{error}");
    assert!(!error.to_string().contains("canary") && !format!("{error:?}").contains("canary"), "{error}");
}

#[test]
fn refusals_do_not_quote_secrets() {
    let sources = Sources::default()
        .with("COTENANT_ENV", "production")
        .with("COTENANT__AUTH__SIGNING_KEY", "canary")
        .with("COTENANT__DATABASE__URL", "sqlite://canary?mode=memory");
    let refused = Config::load(&sources).unwrap().admit(Default::default()).unwrap_err();
    assert_eq!(refused.refusals.len(), 4);
    assert!(!refused.to_string().contains("canary") && !format!("{refused:?}").contains("canary"));
}

#[test]
fn a_description_tells_every_value_and_its_origin() {
    let directory = directory(&[("production.toml", "[log]\nformat = 'json'")]);
    let sources = with_directory(&directory).with("COTENANT_ENV", "production").with("COTENANT__SERVER__WORKERS", "3");
    let config = Config::load(&sources.with("COTENANT__AUTH__SIGNING_KEY", CANARY)).unwrap();
    let described = config.describe();
    let line = |key: &str| -> Vec<String> {
        let line = described.lines().find(|line| line.starts_with(key)).unwrap();
        line.split("  ").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    assert!(described.starts_with("environment: production\n"));
    assert_eq!(line("server.workers"), ["server.workers", "3", "environment"]);
    assert_eq!(line("server.bind"), ["server.bind", "127.0.0.1:8080", "built-in default.toml"]);
    assert_eq!(line("log.format"), ["log.format", "json", &format!("{}/production.toml", directory.path().display())]);
    assert_eq!(line("auth.signing_key"), ["auth.signing_key", "********", "environment"]);
    assert_eq!(line("mail.directory"), ["mail.directory", "(not set)"]);
    assert_eq!(described.lines().count(), 1 + config.entries().len());
    assert_eq!(config.entries()[0].origin, Some(Origin::BuiltIn("default.toml")));
}
