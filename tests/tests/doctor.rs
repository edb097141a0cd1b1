//! `cotenant doctor`: a fresh database is well, each broken rule is found by its own name, and the program says so.
//!
//! What the program says of a database is in [`program`], what it finds around one in [`surroundings`]. The rules in
//! [`POSTGRES`] are broken in `walls/catalogue.rs`.

#![expect(clippy::unwrap_used, reason = "a test's set-up that fails ends the test")]

#[path = "doctor/program.rs"]
mod program;
#[path = "doctor/surroundings.rs"]
mod surroundings;

use std::collections::BTreeSet;

use cotenant_infrastructure::doctor::{Check, Golden, Status, examine};
use cotenant_tests::{FreshDatabase, Kind, on_both_databases};
use program::{
    a_migration_that_is_pending_and_one_that_nobody_knows_are_found,
    the_program_finds_a_healthy_database_well_and_leaves_it_as_it_was,
    the_program_names_what_it_found_and_how_to_mend_it,
};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement, TransactionTrait};

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
    "ends_stay",
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
    ("DROP TRIGGER support_grants_end_stays", &[("append_only", "support_grants.support_grants_end_stays")]),
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
        // With an audit log, or the support grants, its triggers go too.
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
