//! What the program says of a database, and how: to people, as JSON, and by its exit status.

use std::collections::BTreeSet;

use cotenant_migration::{Migrator, MigratorTrait};
use cotenant_tests::program::Ended;
use cotenant_tests::{FreshDatabase, Kind, Program};
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::connect;

/// The program in an empty folder, on this database.
fn program(database: &FreshDatabase) -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program")).with("COTENANT__DATABASE__URL", &database.url)
}

#[track_caller]
pub(super) fn json(ended: &Ended, code: i32) -> Value {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["ok"], code == 0, "{report}");
    report
}

/// The checks with this status: name, and the places of what was found.
pub(super) fn with_status(report: &Value, status: &str) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == status);
    checks
        .map(|check| {
            let findings = check["findings"].as_array().unwrap().iter();
            (text(&check["name"]), findings.map(|finding| text(&finding["where"])).collect())
        })
        .collect()
}

pub(super) fn one(name: &str, place: &str) -> Vec<(String, Vec<String>)> {
    vec![(name.to_owned(), vec![place.to_owned()])]
}

pub(super) async fn the_program_finds_a_healthy_database_well_and_leaves_it_as_it_was(database: FreshDatabase) {
    let program = program(&database);
    let report = json(&program.run(&["doctor", "--json"]), 0);
    assert_eq!(with_status(&report, "failed"), []);
    let ok: BTreeSet<String> = with_status(&report, "ok").into_iter().map(|(name, _)| name).collect();
    for check in ["configuration", "database", "migrations", "clock", "disk_space", "tables_declared"] {
        assert!(ok.contains(check), "{check}: {report}");
    }
    assert_eq!(ok.contains("file_permissions"), cfg!(unix));
    let told = program.run(&["doctor"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for name in &ok {
        assert!(told.out.lines().any(|line| line.starts_with(&format!("ok       {name}: "))), "{name}: {}", told.out);
    }
    let sum = told.out.lines().last().unwrap();
    assert!(sum.contains(&format!("{} ok, 0 failed", ok.len())), "{sum}");
    assert_eq!(std::fs::read_dir(program.home()).unwrap().count(), 0, "it makes no file");

    // The tests log in as a superuser, which production does not let pass.
    let strict = program
        .with("COTENANT_ENV", "production")
        .with("COTENANT__AUTH__SIGNING_KEY", "9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943")
        .with("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example.com")
        .with("COTENANT__MAIL__DIRECTORY", "mail");
    match database.kind {
        Kind::Sqlite => assert_eq!(with_status(&json(&strict.run(&["doctor", "--json"]), 0), "failed"), []),
        Kind::Postgres => {
            let warned = with_status(&report, "warning");
            assert_eq!(warned[0].0, "login_role");
            assert_eq!(with_status(&json(&strict.run(&["doctor", "--json"]), 1), "failed"), warned);
        }
    }
}

pub(super) async fn the_program_names_what_it_found_and_how_to_mend_it(database: FreshDatabase) {
    let connection = connect(&database).await;
    connection.execute_unprepared("CREATE UNIQUE INDEX sneaky ON invitations (email_key)").await.unwrap();
    let program = program(&database);
    let report = json(&program.run(&["doctor", "--json"]), 1);
    assert_eq!(with_status(&report, "failed"), one("unique_rules", "invitations.sneaky"));
    let told = program.run(&["doctor"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let lines: Vec<&str> = told.out.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("FAILED   unique_rules: ")).unwrap();
    assert_eq!(lines[at + 1].trim_start(), "invitations.sneaky is unique over (email_key)");
    assert!(lines[at + 2].trim_start().starts_with("mend: put the tenant's column first"), "{}", told.out);
    assert!(lines.last().unwrap().contains(" 1 failed"), "{}", told.out);
}

pub(super) async fn a_migration_that_is_pending_and_one_that_nobody_knows_are_found(database: FreshDatabase) {
    let connection = connect(&database).await;
    let last = Migrator::get_migration_files().last().unwrap().name().to_owned();
    let forget = format!("DELETE FROM seaql_migrations WHERE version = '{last}'");
    connection.execute_unprepared(&forget).await.unwrap();
    let program = program(&database);
    let report = json(&program.run(&["doctor", "--json"]), 1);
    assert_eq!(with_status(&report, "failed"), one("migrations", &last));
    let later = format!("INSERT INTO seaql_migrations VALUES ('{last}', 0), ('m29990101_000000_later', 0)");
    connection.execute_unprepared(&later).await.unwrap();
    let report = json(&program.run(&["doctor", "--json"]), 1);
    assert_eq!(with_status(&report, "failed"), one("migrations", "m29990101_000000_later"));
}

#[test]
fn help_tells_what_it_looks_at_and_what_the_exit_status_means() {
    let program = Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    let help = program.run(&["doctor", "--help"]);
    assert_eq!(help.code, Some(0));
    for part in ["--json", "Exit status", "0 where every rule holds", "migrations", "changes nothing"] {
        assert!(help.out.contains(part), "{part:?} is not in:\n{}", help.out);
    }
    assert!(program.run(&["--help"]).out.lines().any(|line| line.trim_start().starts_with("doctor  ")));
}
