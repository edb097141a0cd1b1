use crate::config::{Config, Facts, Reason, Sources, development, production_refusals};

const KEY: &str = "3b9f0d6c1e7a4852b0c6d9e2f4a1875360cbe7d1";
const SAFE: Facts = Facts { operator_exists: Some(false) };

/// Settings with which production starts.
fn safe() -> Sources {
    Sources::default()
        .with("COTENANT_ENV", "production")
        .with("COTENANT__AUTH__SIGNING_KEY", KEY)
        .with("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example.com")
        .with("COTENANT__MAIL__DIRECTORY", "/var/spool/cotenant")
}

/// The single refusal, with its text.
fn refused(sources: &Sources, facts: Facts) -> (&'static str, Reason, String) {
    let refusals = production_refusals(&Config::load(sources).unwrap(), facts);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    let refusal = &refusals[0];
    (refusal.key, refusal.reason, refusal.to_string())
}

fn refused_with(variable: &str, value: &str) -> (&'static str, Reason, String) {
    let refusal = refused(&safe().with(variable, value), SAFE);
    assert!(refusal.2.contains(variable), "{}", refusal.2);
    refusal
}

#[test]
fn safe_settings_are_admitted() {
    let config = Config::load(&safe()).unwrap();
    for operator_exists in [None, Some(false), Some(true)] {
        assert!(config.admit(Facts { operator_exists }).is_ok());
    }
}

#[test]
fn nothing_set_is_refused_in_one_go() {
    let config = Config::load(&Sources::default().with("COTENANT_ENV", "production")).unwrap();
    let refused = config.admit(Facts::default()).unwrap_err();
    let keys: Vec<_> = refused.refusals.iter().map(|refusal| (refusal.key, refusal.reason)).collect();
    assert_eq!(keys, ["auth.signing_key", "server.allowed_origins", "mail.directory"].map(|key| (key, Reason::NotSet)));
    let said = refused.to_string();
    assert_eq!(config.signing_key().unwrap_err(), refused.refusals[0]);
    assert!(said.contains("auth.signing_key is not set: set COTENANT__AUTH__SIGNING_KEY to"), "{said}");
    assert!(said.contains("or COTENANT__AUTH__KEY_FILE to a file that `cotenant keys generate` makes"), "{said}");
    assert!(said.contains(
        "set COTENANT__SERVER__ALLOWED_ORIGINS, or allowed_origins under [server] in config/production.toml"
    ));
}

#[test]
fn signing_keys() {
    let signing_key = |value: &str| refused_with("COTENANT__AUTH__SIGNING_KEY", value);
    assert_eq!(signing_key("").1, Reason::NotSet);
    assert_eq!(signing_key(&KEY[..31]).1, Reason::Short { bytes: 31, least: 32 });
    assert_eq!(signing_key("change-me-to-at-least-32-random-bytes").1, Reason::Placeholder);
    assert_eq!(signing_key(&"ab".repeat(32)).1, Reason::LowVariety);
}

#[test]
fn a_file_of_keys_takes_the_place_of_the_signing_key_and_both_are_refused() {
    let with_file = safe().with("COTENANT__AUTH__KEY_FILE", "keys.json");
    let error = Config::load(&with_file).unwrap_err().to_string();
    assert!(error.contains("auth.key_file") && error.contains("one of the two"), "{error}");
    let config = Config::load(&with_file.with("COTENANT__AUTH__SIGNING_KEY", "")).unwrap();
    config.admit(Facts::default()).unwrap();
}

#[test]
fn secrets_made_by_development_are_known_wherever_they_go() {
    let directory = tempfile::tempdir().unwrap();
    let sources = Sources::default().with("COTENANT__DATA_DIR", directory.path().display().to_string());
    development::ensure_secrets(&mut Config::load(&sources).unwrap()).unwrap();
    for (file, variable) in
        [("signing.key", "COTENANT__AUTH__SIGNING_KEY"), ("bootstrap.secret", "COTENANT__BOOTSTRAP__SECRET")]
    {
        let made = std::fs::read_to_string(directory.path().join(file)).unwrap();
        assert_eq!(refused_with(variable, made.trim()).1, Reason::MadeForDevelopment);
    }
}

#[test]
fn origins() {
    let reason = |value| refused_with("COTENANT__SERVER__ALLOWED_ORIGINS", value).1;
    assert_eq!(reason(""), Reason::NotSet);
    assert_eq!(reason("*"), Reason::AnyOrigin);
    assert_eq!(reason("https://app.example.com,*"), Reason::AnyOrigin);
}

#[test]
fn databases_in_memory() {
    for url in [
        "sqlite::memory:",
        "sqlite://:memory:",
        "sqlite://%3Amemory%3A",
        "sqlite://?mode=memory",
        "sqlite://a.db?cache=shared&mode=memory",
        "sqlite:file::memory:?cache=shared",
        "sqlite://",
    ] {
        assert_eq!(refused_with("COTENANT__DATABASE__URL", url).1, Reason::InMemory, "{url}");
    }
    for url in ["sqlite://var/memory.db", "postgres://db/memory"] {
        assert!(Config::load(&safe().with("COTENANT__DATABASE__URL", url)).unwrap().admit(SAFE).is_ok(), "{url}");
    }
}

#[test]
fn a_bootstrap_secret_ends_with_the_bootstrap() {
    let sources = safe().with("COTENANT__BOOTSTRAP__SECRET", KEY);
    assert!(production_refusals(&Config::load(&sources).unwrap(), SAFE).is_empty());
    let (key, reason, said) = refused(&sources, Facts { operator_exists: Some(true) });
    assert_eq!((key, reason), ("bootstrap.secret", Reason::OperatorExists));
    assert!(said.contains("unset COTENANT__BOOTSTRAP__SECRET and remove secret under [bootstrap]"), "{said}");

    assert_eq!(refused_with("COTENANT__BOOTSTRAP__SECRET", "let-me-in").1, Reason::Short { bytes: 9, least: 16 });
}

#[test]
fn messages_have_a_way_out() {
    let (key, reason, said) = refused(&safe().with("COTENANT__MAIL__DIRECTORY", ""), SAFE);
    assert_eq!((key, reason), ("mail.directory", Reason::NotSet));
    assert!(
        said.contains("COTENANT__MAIL__TRANSPORT to smtp") && said.contains("COTENANT__MAIL__DIRECTORY to a"),
        "{said}"
    );
    let server = safe()
        .with("COTENANT__MAIL__DIRECTORY", "")
        .with("COTENANT__MAIL__TRANSPORT", "smtp")
        .with("COTENANT__MAIL__HOST", "mail.example.com")
        .with("COTENANT__MAIL__FROM", "us@example.com");
    assert!(Config::load(&server).unwrap().admit(SAFE).is_ok());
}

#[test]
fn links_that_carry_tokens() {
    for link in ["http://app.example.com", "http://localhost.example.com:8080/a", "http://10.0.0.1"] {
        assert_eq!(refused_with("COTENANT__MAIL__LINK", link).1, Reason::InTheOpen, "{link}");
    }
    for link in ["https://app.example.com", "http://localhost:3000", "http://127.0.0.1/a", "http://[::1]:3000"] {
        assert!(Config::load(&safe().with("COTENANT__MAIL__LINK", link)).unwrap().admit(SAFE).is_ok(), "{link}");
    }
}

#[test]
fn logs_that_contain_requests() {
    for filter in ["trace", "info,actix_http=trace", "info,sqlx=TRACE", "5"] {
        assert_eq!(refused_with("COTENANT__LOG__FILTER", filter).1, Reason::Trace, "{filter}");
    }
}

#[test]
fn other_environments_start_with_anything() {
    for environment in ["development", "test"] {
        let sources =
            Sources::default().with("COTENANT_ENV", environment).with("COTENANT__DATABASE__URL", "sqlite::memory:");
        assert!(Config::load(&sources).unwrap().admit(Facts { operator_exists: Some(true) }).is_ok());
    }
}
