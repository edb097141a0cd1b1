//! `cotenant doctor`: a fresh database is well, each broken rule is found by its own name, and the program says so.
//!
//! The rules in [`POSTGRES`] are broken in `walls/catalogue.rs`.

#![expect(clippy::unwrap_used, reason = "a test's set-up that fails ends the test")]

use std::collections::BTreeSet;
use std::path::Path;

use cotenant_infrastructure::doctor::{Check, Golden, Status, examine};
use cotenant_migration::{Migrator, MigratorTrait};
use cotenant_tests::program::Ended;
use cotenant_tests::{FreshDatabase, Kind, Program, on_both_databases};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};
use serde_json::Value;

on_both_databases! {
    a_fresh_database_is_well;
    each_broken_rule_is_found_by_its_own_name;
    every_reference_that_is_lost_is_missed;
    a_reference_that_nobody_listed_is_found;
    a_table_that_the_program_guards_no_more_is_found;
    the_program_finds_a_healthy_database_well_and_leaves_it_as_it_was;
    the_program_names_what_it_found_and_how_to_mend_it;
    a_migration_that_is_pending_and_one_that_nobody_knows_are_found;
}

/// What PostgreSQL alone is asked, and `walls/catalogue.rs` breaks; SQLite has [`SQLITE`] instead.
const POSTGRES: &[&str] = &[
    "door_roles",
    "door_roles_own_nothing",
    "grants",
    "login_role",
    "policies_check_writes",
    "policies_closed",
    "policies_declared",
    "row_security",
    "views",
];
const SQLITE: &[&str] = &["append_only", "integrity", "references", "walls"];

/// A fault of the schema: statements, and each finding that comes of them, as rule and place.
type Fault = (&'static str, &'static [(&'static str, &'static str)]);

/// Faults that either database can have.
const ON_BOTH: &[Fault] = &[
    ("DROP VIEW member_grants", &[("tables_declared", "member_grants")]),
    ("CREATE UNIQUE INDEX sneaky ON invitations (email_key)", &[("unique_rules", "invitations.sneaky")]),
    ("CREATE UNIQUE INDEX sneaky ON invitations (email_key, tenant_id)", &[("unique_rules", "invitations.sneaky")]),
    ("CREATE UNIQUE INDEX sneaky ON invitations (lower(email))", &[("unique_rules", "invitations.sneaky")]),
    ("CREATE UNIQUE INDEX sneaky ON stores (tenant_id, name_key)", &[("unique_rules_of_the_living", "stores.sneaky")]),
    (
        "CREATE UNIQUE INDEX sneaky ON stores (tenant_id, name_key) WHERE is_active",
        &[("unique_rules_of_the_living", "stores.sneaky")],
    ),
    (
        "CREATE UNIQUE INDEX sneaky ON stores (tenant_id, name_key) WHERE deleted_at IS NULL OR is_active",
        &[("unique_rules_of_the_living", "stores.sneaky")],
    ),
    (
        "CREATE UNIQUE INDEX sneaky ON roles (tenant_id, description) WHERE description IS NOT NULL",
        &[("unique_rules_of_the_living", "roles.sneaky")],
    ),
];

const ON_POSTGRES: &[Fault] = &[
    (
        "CREATE TABLE smuggled (id integer PRIMARY KEY); ALTER TABLE smuggled ENABLE ROW LEVEL SECURITY; \
         ALTER TABLE smuggled FORCE ROW LEVEL SECURITY",
        &[("tables_declared", "smuggled")],
    ),
    ("CREATE MATERIALIZED VIEW odd AS SELECT * FROM stores", &[("row_security", "odd"), ("tables_declared", "odd")]),
    ("CREATE SEQUENCE odd", &[("nothing_else", "sequence odd")]),
    ("CREATE FUNCTION odd() RETURNS integer LANGUAGE sql AS 'SELECT 1'", &[("nothing_else", "function odd")]),
    (
        "CREATE TRIGGER odd BEFORE UPDATE ON stores FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        &[("nothing_else", "trigger odd on stores")],
    ),
    ("CREATE RULE odd AS ON DELETE TO stores DO INSTEAD NOTHING", &[("nothing_else", "rule odd on stores")]),
    ("ALTER TABLE products ALTER store_id DROP NOT NULL", &[("wall_columns", "products.store_id")]),
    (
        "ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_tenant_id_unique; \
         ALTER TABLE audit_heads ALTER tenant_id DROP NOT NULL",
        &[("primary_keys", "audit_heads"), ("wall_columns", "audit_heads.tenant_id")],
    ),
    ("ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_tenant_id_unique", &[("primary_keys", "audit_heads")]),
    (
        "ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_tenant_id_unique, ADD PRIMARY KEY (seq, tenant_id)",
        &[("primary_keys", "audit_heads")],
    ),
    (
        "ALTER TABLE roles DROP CONSTRAINT roles_check, DROP CONSTRAINT roles_check1",
        &[("unique_rules_of_the_living", "roles.roles_system_key_unique")],
    ),
    ("ALTER TABLE jobs DROP CONSTRAINT jobs_tenant_id_fkey", &[("foreign_keys", "jobs.tenant_id")]),
    ("ALTER TABLE products ADD other uuid REFERENCES users (id)", &[("foreign_keys", "products.products_other_fkey")]),
    (
        "CREATE UNIQUE INDEX ids ON stores (id); \
         ALTER TABLE products ADD CONSTRAINT sneaky FOREIGN KEY (store_id) REFERENCES stores (id)",
        &[
            ("foreign_keys", "products.sneaky"),
            ("unique_rules", "stores.ids"),
            ("unique_rules_of_the_living", "stores.ids"),
        ],
    ),
    (
        "ALTER TABLE products ADD CONSTRAINT sneaky FOREIGN KEY (tenant_id, store_id) \
         REFERENCES stores (tenant_id, id) ON DELETE CASCADE",
        &[("foreign_keys", "products.sneaky")],
    ),
    (
        "ALTER TABLE operators ADD tenant uuid, ADD store uuid, \
         ADD CONSTRAINT sneaky FOREIGN KEY (tenant, store) REFERENCES stores (tenant_id, id)",
        &[("foreign_keys", "operators.sneaky")],
    ),
    ("CREATE ROLE cotenant_test_third; ALTER TABLE stores OWNER TO cotenant_test_third", &[("table_owners", "stores")]),
    (
        "CREATE ROLE cotenant_test_third; ALTER VIEW member_grants OWNER TO cotenant_test_third",
        &[("table_owners", "member_grants")],
    ),
    (
        "CREATE ROLE cotenant_test_third LOGIN; GRANT cotenant_tenant TO cotenant_test_third; \
         DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO PUBLIC', current_database()); END $$",
        &[("door_members", "cotenant_test_third")],
    ),
    // The owner of another database, as README.md makes it: this one is closed to them.
    ("CREATE ROLE cotenant_test_third LOGIN CREATEROLE; GRANT cotenant_tenant TO cotenant_test_third", &[]),
];

const ON_SQLITE: &[Fault] = &[
    ("CREATE TABLE smuggled (id integer PRIMARY KEY)", &[("tables_declared", "smuggled")]),
    ("CREATE TRIGGER odd AFTER INSERT ON stores BEGIN SELECT 1; END", &[("nothing_else", "trigger odd on stores")]),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id blob REFERENCES tenants (id), \
         seq bigint NOT NULL, PRIMARY KEY (tenant_id))",
        &[("wall_columns", "audit_heads.tenant_id")],
    ),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id text NOT NULL REFERENCES tenants (id), \
         seq bigint NOT NULL, PRIMARY KEY (tenant_id))",
        &[("wall_columns", "audit_heads.tenant_id")],
    ),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id blob NOT NULL REFERENCES tenants (id), \
         seq bigint NOT NULL)",
        &[("primary_keys", "audit_heads")],
    ),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id blob NOT NULL REFERENCES tenants (id), \
         seq bigint NOT NULL, PRIMARY KEY (seq, tenant_id))",
        &[("primary_keys", "audit_heads")],
    ),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id blob NOT NULL, seq bigint NOT NULL, \
         PRIMARY KEY (tenant_id))",
        &[("foreign_keys", "audit_heads.tenant_id")],
    ),
    (
        "DROP TABLE audit_heads; CREATE TABLE audit_heads (tenant_id blob NOT NULL REFERENCES tenants (id) \
         ON DELETE CASCADE, seq bigint NOT NULL, PRIMARY KEY (tenant_id))",
        &[("foreign_keys", "audit_heads.tenant_id")],
    ),
    ("ALTER TABLE products ADD other blob REFERENCES users (id)", &[("foreign_keys", "products.other")]),
    (
        "ALTER TABLE products ADD other blob REFERENCES stores (id)",
        &[("foreign_keys", "products.other"), ("references", "the schema")],
    ),
    (
        "ALTER TABLE operators ADD store blob REFERENCES stores (id)",
        &[("foreign_keys", "operators.store"), ("references", "the schema")],
    ),
    ("DROP TRIGGER audit_events_no_DELETE", &[("append_only", "audit_events.audit_events_no_DELETE")]),
    (
        "DROP TRIGGER platform_audit_events_no_UPDATE; \
         CREATE TRIGGER platform_audit_events_no_UPDATE BEFORE UPDATE ON platform_audit_events WHEN 0 \
         BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        &[("append_only", "platform_audit_events.platform_audit_events_no_UPDATE")],
    ),
    (
        "PRAGMA ignore_check_constraints = ON; INSERT INTO bootstrap VALUES (2, '2026-01-01'); \
         PRAGMA ignore_check_constraints = OFF",
        &[("integrity", "the file")],
    ),
    (
        "PRAGMA defer_foreign_keys = ON; INSERT INTO audit_heads (tenant_id, seq) \
         VALUES (x'00112233445566778899aabbccddeeff', 1)",
        &[("references", "audit_heads, row 1")],
    ),
];

async fn connect(database: &FreshDatabase) -> DatabaseConnection {
    Database::connect(&database.url).await.unwrap()
}

/// What does not hold, as rule and place. The tests' own superuser is known and not told.
async fn found(connection: &impl ConnectionTrait, golden: &Golden) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for Check { rule, status, findings } in examine(connection, golden).await.unwrap() {
        if status == Status::Warning {
            assert_eq!((rule.name, findings[0].what.as_str()), ("login_role", "is a superuser"));
        } else {
            found.extend(findings.into_iter().map(|finding| (rule.name.to_owned(), finding.place)));
        }
    }
    found.sort();
    found
}

async fn a_fresh_database_is_well(database: FreshDatabase) {
    let connection = connect(&database).await;
    let golden = Golden::of_the_program(false);
    assert_eq!(found(&connection, &golden).await, []);
    let checks = examine(&connection, &golden).await.unwrap();
    let names: BTreeSet<&str> = checks.iter().map(|check| check.rule.name).collect();
    assert_eq!(names.len(), checks.len(), "a name is one rule's");
    // Every rule has a fault below that it must find, or in `walls/catalogue.rs`.
    let (faults, rest) =
        if database.kind == Kind::Postgres { (ON_POSTGRES, POSTGRES) } else { (ON_SQLITE, &["walls"][..]) };
    let broken = ON_BOTH.iter().chain(faults).flat_map(|(_, found)| found.iter().map(|(rule, _)| *rule));
    assert_eq!(broken.chain(rest.iter().copied()).collect::<BTreeSet<_>>(), names);
    assert!(SQLITE.iter().all(|rule| names.contains(rule) == (database.kind == Kind::Sqlite)), "{names:?}");
}

// Attacks: 17.
async fn each_broken_rule_is_found_by_its_own_name(database: FreshDatabase) {
    let connection = connect(&database).await;
    let golden = Golden::of_the_program(false);
    let faults = if database.kind == Kind::Postgres { ON_POSTGRES } else { ON_SQLITE };
    for (fault, expected) in ON_BOTH.iter().chain(faults) {
        let planted = connection.begin().await.unwrap();
        planted.execute_unprepared(fault).await.unwrap();
        let found = found(&planted, &golden).await;
        planted.rollback().await.unwrap();
        let found: Vec<_> = found.iter().map(|(rule, place)| (rule.as_str(), place.as_str())).collect();
        assert_eq!(found, *expected, "{fault}");
    }
    assert_eq!(found(&connection, &golden).await, [], "nothing stayed");
}

async fn every_reference_that_is_lost_is_missed(database: FreshDatabase) {
    let connection = connect(&database).await;
    let golden = Golden::of_the_program(false);
    for (table, column, parent) in &golden.references {
        let fault = match database.kind {
            Kind::Postgres => format!(
                "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {table}_{column}_fkey, \
                 DROP CONSTRAINT IF EXISTS {table}_tenant_id_{column}_fkey"
            ),
            Kind::Sqlite => {
                let made = format!("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'");
                let made = Statement::from_string(connection.get_database_backend(), made);
                let made: String = connection.query_one_raw(made).await.unwrap().unwrap().try_get_by_index(0).unwrap();
                format!("DROP TABLE {table}; {}", without_reference(&made, column, parent))
            }
        };
        let planted = connection.begin().await.unwrap();
        planted.execute_unprepared(&fault).await.unwrap();
        let mut found = found(&planted, &golden).await;
        planted.rollback().await.unwrap();
        // With an audit log its triggers go too.
        found.retain(|(rule, _)| rule != "append_only");
        assert_eq!(found, [("foreign_keys".to_owned(), format!("{table}.{column}"))], "{fault}");
    }
}

/// The text of a table without one of its references.
fn without_reference(made: &str, column: &str, parent: &str) -> String {
    let composite = format!("FOREIGN KEY (tenant_id, {column}) REFERENCES {parent} (");
    let Some((before, after)) = made.split_once(&composite) else {
        return made.replacen(&format!(" REFERENCES {parent} (id)"), "", 1);
    };
    let (_, after) = after.split_once(')').unwrap();
    format!("{}{after}", before.trim_end().trim_end_matches(','))
}

async fn a_reference_that_nobody_listed_is_found(database: FreshDatabase) {
    let connection = connect(&database).await;
    let (jobs, products) = match database.kind {
        Kind::Postgres => ("jobs.jobs_tenant_id_fkey", "products.products_tenant_id_store_id_fkey"),
        Kind::Sqlite => ("jobs.tenant_id", "products.tenant_id+store_id"),
    };
    for (table, key) in [("jobs", jobs), ("products", products)] {
        let mut golden = Golden::of_the_program(false);
        golden.references.retain(|(of, ..)| *of != table);
        let expected = [table, key].map(|place| ("foreign_keys".to_owned(), place.to_owned()));
        assert_eq!(found(&connection, &golden).await, expected);
    }
}

async fn a_table_that_the_program_guards_no_more_is_found(database: FreshDatabase) {
    let connection = connect(&database).await;
    let mut golden = Golden::of_the_program(false);
    golden.walls.retain(|table| *table != "stores");
    // PostgreSQL has policies, which the migrations make.
    let expected = if database.kind == Kind::Sqlite { vec![("walls".to_owned(), "stores".to_owned())] } else { vec![] };
    assert_eq!(found(&connection, &golden).await, expected);
    let mut golden = Golden::of_the_program(false);
    golden.tables.retain(|table| table.name != "bootstrap");
    let undeclared = found(&connection, &golden).await;
    assert!(undeclared.contains(&("tables_declared".to_owned(), "bootstrap".to_owned())), "{undeclared:?}");
}

/// The program in an empty folder, on this database.
fn program(database: &FreshDatabase) -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program")).with("COTENANT__DATABASE__URL", &database.url)
}

#[track_caller]
fn json(ended: &Ended, code: i32) -> Value {
    assert_eq!(ended.code, Some(code), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["ok"], code == 0, "{report}");
    report
}

/// The checks with this status: name, and the places of what was found.
fn with_status(report: &Value, status: &str) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["status"] == status);
    checks
        .map(|check| {
            let findings = check["findings"].as_array().unwrap().iter();
            (text(&check["name"]), findings.map(|finding| text(&finding["where"])).collect())
        })
        .collect()
}

fn one(name: &str, place: &str) -> Vec<(String, Vec<String>)> {
    vec![(name.to_owned(), vec![place.to_owned()])]
}

async fn the_program_finds_a_healthy_database_well_and_leaves_it_as_it_was(database: FreshDatabase) {
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
        .with("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example.com");
    match database.kind {
        Kind::Sqlite => assert_eq!(with_status(&json(&strict.run(&["doctor", "--json"]), 0), "failed"), []),
        Kind::Postgres => {
            let warned = with_status(&report, "warning");
            assert_eq!(warned[0].0, "login_role");
            assert_eq!(with_status(&json(&strict.run(&["doctor", "--json"]), 1), "failed"), warned);
        }
    }
}

async fn the_program_names_what_it_found_and_how_to_mend_it(database: FreshDatabase) {
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

async fn a_migration_that_is_pending_and_one_that_nobody_knows_are_found(database: FreshDatabase) {
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
fn without_a_database_or_settings_it_says_why_it_cannot_look_and_makes_nothing() {
    let program = || Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    let none = program();
    let report = json(&none.run(&["doctor", "--json"]), 2);
    assert_eq!(with_status(&report, "unchecked"), one("database", "database.url"));
    assert_eq!(with_status(&report, "failed"), []);
    let told = none.run(&["doctor"]);
    assert!(told.out.contains("UNKNOWN  database: ") && told.out.contains("cotenant.db is not there"), "{told:?}");
    assert_eq!(std::fs::read_dir(none.home()).unwrap().count(), 0, "a doctor makes no database");

    let away = program()
        .with("COTENANT__DATABASE__URL", "postgres://app:canary@127.0.0.1:1/app")
        .with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "200");
    let ended = away.run(&["doctor", "--json"]);
    assert!(!format!("{ended:?}").contains("canary"), "{ended:?}");
    assert_eq!(with_status(&json(&ended, 2), "unchecked"), one("database", "database.url"));

    let garbage = program();
    std::fs::create_dir(garbage.home().join("var")).unwrap();
    std::fs::write(garbage.home().join("var/cotenant.db"), "no database at all, of any kind or version").unwrap();
    let report = json(&garbage.run(&["doctor", "--json"]), 2);
    assert_eq!(with_status(&report, "unchecked"), one("database", "database.url"));

    let misspelled = program().with("COTENANT__SERVER__BND", "127.0.0.1:1");
    let ended = misspelled.run(&["doctor", "--json"]);
    assert_eq!(with_status(&json(&ended, 2), "failed"), one("configuration", "settings"));
    assert!(ended.out.contains("did you mean COTENANT__SERVER__BIND?"), "{ended:?}");
}

/// The program in a folder with a migrated database of its own.
fn migrated() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_cotenant-program"));
    assert_eq!(program.run(&["migrate", "up"]).code, Some(0));
    program
}

#[test]
fn settings_that_production_refuses_are_found() {
    let program = migrated().with("COTENANT_ENV", "production");
    let report = json(&program.run(&["doctor", "--json"]), 1);
    let refused = ["auth.signing_key", "server.allowed_origins"].map(str::to_owned).to_vec();
    assert_eq!(with_status(&report, "failed"), [("configuration".to_owned(), refused)]);
    let told = program.run(&["doctor"]);
    assert!(told.out.contains("COTENANT__AUTH__SIGNING_KEY") && told.out.contains("openssl rand"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_or_change_are_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let set = |file: &Path, mode| std::fs::set_permissions(file, PermissionsExt::from_mode(mode)).unwrap();
    for file in [".env", "var/cotenant.db", "var/signing.key", "var/bootstrap.secret"] {
        let path = program.home().join(file);
        std::fs::File::options().append(true).create(true).open(&path).unwrap();
        for (mode, open) in [(0o644, true), (0o602, true), (0o640, false), (0o600, false)] {
            set(&path, mode);
            let report = json(&program.run(&["doctor", "--json"]), i32::from(open));
            let expected = if open { one("file_permissions", file) } else { Vec::new() };
            assert_eq!(with_status(&report, "failed"), expected, "{file} {mode:o}");
        }
    }
}

#[test]
fn a_file_of_keys_that_no_server_can_work_with_is_found() {
    let program = migrated().with("COTENANT__AUTH__KEY_FILE", "keys.json");
    let file = program.home().join("keys.json");
    let finds = |failed: &[&str]| {
        let report = json(&program.run(&["doctor", "--json"]), i32::from(!failed.is_empty()));
        let expected: Vec<_> = failed.iter().flat_map(|check| one(check, "keys.json")).collect();
        assert_eq!(with_status(&report, "failed"), expected);
    };
    finds(&["signing_keys"]);
    assert_eq!(program.run(&["keys", "generate"]).code, Some(0));
    finds(&[]);
    #[cfg(unix)]
    for (mode, failed) in [(0o644, &["signing_keys", "file_permissions"][..]), (0o640, &[]), (0o660, &["signing_keys"])]
    {
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        finds(failed);
    }
    std::fs::write(&file, "{}").unwrap();
    finds(&["signing_keys"]);
}

#[cfg(unix)]
#[test]
fn a_mail_directory_that_others_can_enter_is_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let mail = program.home().join("var/mail");
    std::fs::create_dir(&mail).unwrap();
    for (mode, open) in [(0o755, true), (0o711, true), (0o702, true), (0o750, false), (0o700, false)] {
        std::fs::set_permissions(&mail, PermissionsExt::from_mode(mode)).unwrap();
        let report = json(&program.run(&["doctor", "--json"]), i32::from(open));
        let expected = if open { one("file_permissions", "var/mail") } else { Vec::new() };
        assert_eq!(with_status(&report, "failed"), expected, "{mode:o}");
    }
}

#[cfg(unix)]
#[test]
fn a_configuration_file_with_a_secret_that_others_can_read_is_found() {
    use std::os::unix::fs::PermissionsExt;

    let program = migrated();
    let file = program.home().join("config/development.toml");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(file.with_file_name("default.toml"), "").unwrap();
    for (text, secret, reached) in [
        ("[auth]\nissuer = 'elsewhere'", false, true),
        ("[database]\nurl = 'sqlite://var/cotenant.db'", false, true),
        ("[auth]\nsigning_key = '9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943'", true, true),
        ("[bootstrap]\nsecret = '9f2c64d1a07be83556c1d20f7ae94b38c05d71e6f8a2b943'", true, true),
        ("[database]\nacquire_timeout_ms = 200\nurl = 'postgres://app:canary@127.0.0.1:1/app'", true, false),
    ] {
        std::fs::write(&file, text).unwrap();
        for mode in [0o644, 0o640] {
            std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            let open = secret && mode == 0o644;
            let report = json(&program.run(&["doctor", "--json"]), if reached { i32::from(open) } else { 2 });
            let expected = if open { one("file_permissions", "config/development.toml") } else { Vec::new() };
            assert_eq!(with_status(&report, "failed"), expected, "{text} {mode:o}");
        }
    }
}

/// The one file system that is full on every machine: it has no room at all.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_without_room_is_found() {
    let program = migrated().with("COTENANT__MAIL__DIRECTORY", "/proc/self");
    let report = json(&program.run(&["doctor", "--json"]), 1);
    // It is open to all, too.
    let expected = [one("disk_space", "/proc/self"), one("file_permissions", "/proc/self")].concat();
    assert_eq!(with_status(&report, "failed"), expected);
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
