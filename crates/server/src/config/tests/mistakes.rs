use super::{complaint, directory, with_directory};
use crate::config::settings::KEYS;
use crate::config::{Config, Sources, names};

fn said_of(name: &str, value: &str) -> String {
    complaint(&Sources::default().with(name, value))
}

#[test]
fn an_unknown_environment_is_told_the_known_ones() {
    for value in ["staging", "", "Production"] {
        let said = said_of("COTENANT_ENV", value);
        assert!(said.contains(&format!("COTENANT_ENV={value}: expected development, production or test")), "{said}");
    }
}

#[test]
fn unknown_settings_name_the_nearest() {
    let directory = directory(&[
        ("default.toml", "dat_dir = 'x'\n[server]\nbnd = '127.0.0.1:1'\n[servr]"),
        ("development.toml", "[log.filter]\nlevel = 'info'\n[auth]\nsigning_key.id = 1"),
        (".env", "COTENANT__JOBS__POL_MS=1"),
    ]);
    let said = complaint(&with_directory(&directory).with("COTENANT__SERVER__BND", "x").with("COTENANT_BIND", "x"));
    let path = directory.path().display();
    for expected in [
        format!("unknown setting dat_dir ({path}/default.toml): did you mean data_dir?"),
        format!("unknown setting server.bnd ({path}/default.toml): did you mean server.bind?"),
        format!("unknown setting servr ({path}/default.toml): did you mean server."),
        format!("unknown variable COTENANT__JOBS__POL_MS ({path}/.env): did you mean COTENANT__JOBS__POLL_MS?"),
        "unknown variable COTENANT__SERVER__BND (environment): did you mean COTENANT__SERVER__BIND?".to_owned(),
        "unknown variable COTENANT_BIND (environment): did you mean COTENANT__SERVER__BIND?".to_owned(),
        format!("log.filter ({path}/development.toml): expected text"),
        format!("auth.signing_key ({path}/development.toml): expected text, found something else"),
    ] {
        assert!(said.contains(&expected), "{expected}\nnot in {said}");
    }
}

#[test]
fn variables_of_tests_and_of_others_are_not_ours_to_judge() {
    let sources = Sources::default().with("COTENANT_TEST_POSTGRES", "off").with("COTENANTS", "x").with("PATH", "x");
    assert!(Config::load(&sources).is_ok());
    assert!(said_of("cotenant__server__bind", "127.0.0.1:1").contains("did you mean COTENANT__SERVER__BIND?"));
}

#[test]
fn wrong_types_name_the_key_its_source_and_the_type() {
    let directory = directory(&[(
        "default.toml",
        "server = 1\n[database]\ngeneric_plans = 'yes'\nmax_connections = '16'\n[jobs]\npoll_ms = 1.5\n[auth]\nissuer = ''",
    )]);
    let said = complaint(&with_directory(&directory).with("COTENANT__SERVER__BIND", "localhost"));
    let path = directory.path().display();
    for expected in [
        format!("server ({path}/default.toml): it is a section"),
        format!("database.generic_plans ({path}/default.toml): expected true or false, found \"yes\""),
        format!("database.max_connections ({path}/default.toml): expected a whole number from 1 to 10000, found \"16\""),
        format!("jobs.poll_ms ({path}/default.toml): expected a whole number from 1 to 3600000, found 1.5"),
        format!("auth.issuer ({path}/default.toml): expected text, found \"\""),
        "server.bind (environment variable COTENANT__SERVER__BIND): expected an address and port such as 127.0.0.1:8080"
            .to_owned(),
    ] {
        assert!(said.contains(&expected), "{expected}\nnot in {said}");
    }
}

#[test]
fn values_out_of_range_are_told_the_range() {
    for (name, value, range) in [
        ("COTENANT__AUTH__ACCESS_TOKEN_SECONDS", "59", "is 59: allowed is 60 to 86400"),
        ("COTENANT__AUTH__ACCESS_TOKEN_SECONDS", "86401", "is 86401: allowed is 60 to 86400"),
        ("COTENANT__AUTH__ARGON2_MEMORY_KIB", "7167", "allowed is 7168 to"),
        ("COTENANT__AUTH__ARGON2_ITERATIONS", "0", "allowed is 1 to 100"),
        ("COTENANT__DATABASE__MAX_CONNECTIONS", "0", "allowed is 1 to 10000"),
        ("COTENANT__DATABASE__URL", "mysql://user:canary@db", "is ********: allowed is sqlite://FILE or postgres://"),
        ("COTENANT__SERVER__ALLOWED_ORIGINS", "https://a.example.com/", "without a path"),
        ("COTENANT__LOG__FILTER", "inof", "allowed is LEVEL or TARGET=LEVEL"),
        ("COTENANT__AUTH__SIGNING_KEY", "short-canary", "is a key of 12 bytes: allowed is at least 32 bytes"),
    ] {
        let said = said_of(name, value);
        assert!(said.contains(name) && said.contains(range) && !said.contains("canary"), "{said}");
    }
}

#[test]
fn every_number_has_a_range() {
    let config = Config::load(&Sources::default()).unwrap();
    let numbers =
        config.shown().into_iter().filter(|(_, value)| value.as_ref().is_some_and(|v| v.parse::<u64>().is_ok()));
    let numbers: Vec<_> = numbers.map(|(key, _)| key).collect();
    assert!(numbers.len() > 15, "{numbers:?}");
    for key in numbers {
        for value in ["-1", "4294967295", "18446744073709551615"] {
            let said = said_of(&names::variable(key), value);
            assert!(said.contains(key) && said.contains(" to "), "{said}");
        }
    }
}

#[test]
fn every_known_key_is_a_setting_and_every_setting_a_known_key() {
    let config = Config::load(&Sources::default()).unwrap();
    let shown: Vec<_> = config.shown().into_iter().map(|(key, _)| key).collect();
    let known: Vec<_> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(shown, known);
    assert!(KEYS.iter().all(|key| !key.doc.is_empty()));
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let directory = directory(&[
        ("default.toml", "[server]\nbind = \n"),
        ("development.toml", "[auth]\nsigning_key = \"canary"),
        (".env", "A=1\nCOTENANT__AUTH__SIGNING_KEY='canary\n"),
    ]);
    let said = complaint(&with_directory(&directory));
    for expected in
        ["default.toml cannot be parsed: TOML parse error at line 2", "development.toml cannot", "line 2 is not"]
    {
        assert!(said.contains(expected), "{expected}\nnot in {said}");
    }
    assert!(!said.contains("canary"), "{said}");
    assert!(!format!("{:?}", Config::load(&with_directory(&directory)).unwrap_err()).contains("canary"));
}

#[test]
fn the_default_plan_is_one_that_is_offered() {
    for (name, value) in
        [("COTENANT__PLANS__DEFAULT", "gold"), ("COTENANT__PLANS__OFFERED", "standard, standard rate=20")]
    {
        let said = said_of(name, value);
        assert!(said.contains("plans.default") && said.contains("plans.offered"), "{said}");
    }
    assert!(said_of("COTENANT__PLANS__OFFERED", "").contains("plans.offered"));
}
