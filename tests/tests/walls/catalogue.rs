//! What PostgreSQL's own catalogue says about the walls.
//!
//! The rules are the product's, in `cotenant doctor`. Here those about policies, views, rights and the roles' powers are
//! broken, in every way that somebody could think of, and must be found; the others are broken in `tests/doctor.rs`.

use cotenant_infrastructure::doctor::{Golden, Status, examine};
use cotenant_tests::{FreshDatabase, Kind};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, TransactionTrait};

use crate::golden::{live, tenant_tables};
use crate::raw::Raw;

async fn open() -> Option<(FreshDatabase, DatabaseConnection)> {
    let database = FreshDatabase::new(Kind::Postgres).await?;
    let connection = Database::connect(&database.url).await.unwrap();
    Some((database, connection))
}

/// What the rule finds; no other may find anything. The tests' own superuser is known.
async fn found(connection: &impl ConnectionTrait, rule: &str) -> Vec<String> {
    let mut found = Vec::new();
    let checks = examine(connection, &Golden::of_the_program(false)).await.unwrap();
    assert!(checks.iter().any(|check| check.rule.name == rule), "there is no rule {rule}");
    for check in checks {
        let told = check.findings.iter().map(|finding| format!("{} {}", finding.place, finding.what));
        if check.rule.name == rule {
            found.extend(told);
        } else if check.status != Status::Warning {
            assert_eq!(told.collect::<Vec<_>>(), Vec::<String>::new(), "{}", check.rule.name);
        }
    }
    found
}

/// Expects a rule to find nothing, and of each planted fault exactly what it is.
async fn finds(connection: &DatabaseConnection, rule: &str, planted: &[(&str, &[&str])]) {
    assert_eq!(found(connection, rule).await, Vec::<String>::new());
    for (fault, expected) in planted {
        finds_fault(connection, rule, fault, expected).await;
    }
}

/// Expects a rule to find of a planted fault exactly what it is.
async fn finds_fault(connection: &DatabaseConnection, rule: &str, fault: &str, expected: &[&str]) {
    let transaction = connection.begin().await.unwrap();
    transaction.execute_unprepared(fault).await.unwrap();
    let found = found(&transaction, rule).await;
    transaction.rollback().await.unwrap();
    assert_eq!(found, *expected, "{fault}");
}

// Attacks: 17.
#[tokio::test]
async fn row_level_security_is_on_and_binds_the_owner_everywhere() {
    let Some((_database, connection)) = open().await else { return };
    finds(
        &connection,
        "row_security",
        &[
            ("ALTER TABLE stores NO FORCE ROW LEVEL SECURITY", &["stores does not bind its owner"]),
            ("ALTER TABLE users DISABLE ROW LEVEL SECURITY", &["users is not enabled"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn each_table_has_the_policies_of_its_kind() {
    let Some((database, connection)) = open().await else { return };
    let mut raw = Raw::open(&database).await;
    for table in tenant_tables(&mut raw).await {
        let fault = format!("DROP POLICY tenant_wall ON {table}");
        finds_fault(&connection, "policies_declared", &fault, &[&format!("{table}.tenant_wall is missing")]).await;
    }
    let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
    let loose = |what: &str| format!("ALTER POLICY tenant_wall ON stores {what}");
    let changed: &[&str] = &["stores.tenant_wall is not what it should be"];
    let further = |what: &str| format!("CREATE POLICY sneaky ON stores {what}");
    let sneaky: &[&str] = &["stores.sneaky is not meant to be there, for cotenant_tenant"];
    finds(
        &connection,
        "policies_declared",
        &[
            (&loose(&format!("USING ({own} OR is_active)")), changed),
            (&loose(&format!("WITH CHECK ({own} OR tenant_id IS NOT NULL)")), changed),
            (&loose("USING (tenant_id = NULLIF(current_setting('app.person_id', true), '')::uuid)"), changed),
            (&loose("TO cotenant_person"), changed),
            (&loose("TO PUBLIC"), changed),
            // Permissive policies add up, so a further one is a hole.
            (&further("FOR SELECT TO cotenant_tenant USING (is_active)"), sneaky),
            (&further("FOR DELETE TO cotenant_tenant USING (tenant_id IS NOT NULL)"), sneaky),
            (&further("FOR INSERT TO cotenant_tenant WITH CHECK (tenant_id IS NOT NULL)"), sneaky),
            (
                &further("FOR SELECT TO cotenant_dispatcher USING (true)"),
                &["stores.sneaky is not meant to be there, for cotenant_dispatcher"],
            ),
            (
                "DROP POLICY tenant_wall ON stores; \
                 CREATE POLICY tenant_wall ON stores AS RESTRICTIVE TO cotenant_tenant \
                 USING (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid) \
                 WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid)",
                changed,
            ),
            (
                "ALTER POLICY tenant_wall ON users USING (id IS NOT NULL)",
                &["users.tenant_wall is not what it should be"],
            ),
            ("ALTER POLICY person_wall ON tenants USING (true)", &["tenants.person_wall is not what it should be"]),
            ("ALTER POLICY platform_wall ON users USING (true)", &["users.platform_wall is not what it should be"]),
            ("DROP POLICY dispatcher_wall ON jobs", &["jobs.dispatcher_wall is missing"]),
            ("DROP POLICY platform_wall ON operators", &["operators.platform_wall is missing"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn no_policy_is_true_for_a_tenant_or_for_everybody() {
    let Some((_database, connection)) = open().await else { return };
    finds(
        &connection,
        "policies_closed",
        &[
            ("ALTER POLICY tenant_wall ON stores USING (true)", &["stores.tenant_wall is true for cotenant_tenant"]),
            (
                "ALTER POLICY tenant_wall ON stores WITH CHECK (true)",
                &["stores.tenant_wall is true for cotenant_tenant"],
            ),
            ("ALTER POLICY tenant_wall ON users USING (true)", &["users.tenant_wall is true for cotenant_tenant"]),
            (
                "CREATE POLICY sneaky ON stores FOR SELECT TO cotenant_tenant USING (true)",
                &["stores.sneaky is true for cotenant_tenant"],
            ),
            (
                "CREATE POLICY sneaky ON credentials USING (true) WITH CHECK (true)",
                &["credentials.sneaky is true for public"],
            ),
            (
                "CREATE POLICY sneaky ON jobs TO cotenant_dispatcher, cotenant_tenant USING (true) WITH CHECK (true)",
                &["jobs.sneaky is true for cotenant_dispatcher,cotenant_tenant"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_policy_for_writing_says_what_may_be_written() {
    let Some((_database, connection)) = open().await else { return };
    let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
    let sneaky: &[&str] = &["stores.sneaky has no WITH CHECK"];
    for command in ["ALL", "UPDATE"] {
        let fault = format!("CREATE POLICY sneaky ON stores FOR {command} TO cotenant_tenant USING ({own})");
        finds_fault(&connection, "policies_check_writes", &fault, sneaky).await;
    }
}

#[tokio::test]
async fn the_doors_roles_can_do_nothing_but_stand_there() {
    let Some((_database, connection)) = open().await else { return };
    finds(
        &connection,
        "door_roles",
        &[
            ("ALTER ROLE cotenant_tenant LOGIN", &["cotenant_tenant can log in"]),
            ("ALTER ROLE cotenant_person SUPERUSER", &["cotenant_person is a superuser"]),
            ("ALTER ROLE cotenant_platform BYPASSRLS", &["cotenant_platform is not bound by row-level security"]),
            ("ALTER ROLE cotenant_dispatcher CREATEROLE", &["cotenant_dispatcher can make roles"]),
            ("ALTER ROLE cotenant_tenant CREATEDB", &["cotenant_tenant can make databases"]),
            ("ALTER ROLE cotenant_tenant REPLICATION", &["cotenant_tenant can replicate"]),
            ("ALTER ROLE cotenant_tenant INHERIT", &["cotenant_tenant inherits rights"]),
            ("GRANT pg_read_all_data TO cotenant_tenant", &["cotenant_tenant can act as pg_read_all_data"]),
        ],
    )
    .await;
    finds(
        &connection,
        "door_roles_own_nothing",
        &[
            ("ALTER TABLE stores OWNER TO cotenant_tenant", &["cotenant_tenant owns the table stores"]),
            ("CREATE SCHEMA sneaky AUTHORIZATION cotenant_person", &["cotenant_person owns the schema sneaky"]),
            (
                "GRANT CREATE ON SCHEMA public TO cotenant_tenant",
                &["cotenant_tenant can make tables in the schema public"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_server_logs_in_as_a_role_that_policies_bind() {
    let Some((_database, connection)) = open().await else { return };
    for (powers, expected) in [
        ("NOSUPERUSER NOBYPASSRLS", None),
        ("BYPASSRLS", Some("cotenant_test_login is not bound by row-level security (BYPASSRLS)")),
        ("SUPERUSER", Some("cotenant_test_login is a superuser")),
    ] {
        let transaction = connection.begin().await.unwrap();
        let log_in =
            format!("CREATE ROLE cotenant_test_login {powers}; SET LOCAL SESSION AUTHORIZATION cotenant_test_login");
        transaction.execute_unprepared(&log_in).await.unwrap();
        for (production, status) in [(false, Status::Warning), (true, Status::Failed)] {
            let checks = examine(&transaction, &Golden::of_the_program(production)).await.unwrap();
            let check = checks.iter().find(|check| check.rule.name == "login_role").unwrap();
            let told: Vec<_> = check.findings.iter().map(|f| format!("{} {}", f.place, f.what)).collect();
            assert_eq!(told, Vec::from_iter(expected), "{powers}");
            assert_eq!(check.status, if expected.is_some() { status } else { Status::Ok }, "{powers}");
        }
        transaction.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn no_door_has_a_right_that_it_does_not_need_and_each_has_those_it_needs() {
    let Some((_database, connection)) = open().await else { return };
    finds(
        &connection,
        "grants",
        &[
            ("GRANT SELECT ON stores TO PUBLIC", &["stores PUBLIC may SELECT"]),
            ("GRANT SELECT (payload) ON jobs TO PUBLIC", &["jobs.payload PUBLIC may SELECT"]),
            ("GRANT SELECT (payload) ON jobs TO cotenant_dispatcher", &["jobs.payload cotenant_dispatcher may SELECT"]),
            ("GRANT DELETE ON stores TO cotenant_tenant", &["stores cotenant_tenant may DELETE"]),
            ("GRANT TRUNCATE ON stores TO cotenant_tenant", &["stores cotenant_tenant may TRUNCATE"]),
            ("GRANT REFERENCES ON stores TO cotenant_tenant", &["stores cotenant_tenant may REFERENCES"]),
            ("GRANT TRIGGER ON stores TO cotenant_tenant", &["stores cotenant_tenant may TRIGGER"]),
            ("GRANT DELETE ON audit_events TO cotenant_tenant", &["audit_events cotenant_tenant may DELETE"]),
            ("GRANT TRUNCATE ON audit_events TO cotenant_tenant", &["audit_events cotenant_tenant may TRUNCATE"]),
            (
                "GRANT UPDATE (detail) ON audit_events TO cotenant_tenant",
                &["audit_events.detail cotenant_tenant may UPDATE"],
            ),
            (
                "GRANT UPDATE ON platform_audit_events TO cotenant_platform",
                &["platform_audit_events cotenant_platform may UPDATE"],
            ),
            ("GRANT SELECT ON credentials TO cotenant_tenant", &["credentials cotenant_tenant may SELECT"]),
            ("GRANT SELECT ON seaql_migrations TO cotenant_tenant", &["seaql_migrations cotenant_tenant may SELECT"]),
            (
                "GRANT SELECT ON stores TO cotenant_tenant WITH GRANT OPTION",
                &["stores cotenant_tenant may give SELECT to others"],
            ),
            ("REVOKE INSERT ON audit_events FROM cotenant_tenant", &["audit_events cotenant_tenant may not INSERT"]),
            ("REVOKE SELECT (slug) ON tenants FROM cotenant_person", &["tenants.slug cotenant_person may not SELECT"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn views_look_with_the_rights_of_who_asks() {
    let Some((database, connection)) = open().await else { return };
    let views = live(&mut Raw::open(&database).await, true).await;
    assert!(views.len() >= 5);
    for view in views {
        let told = format!("{view} looks with its owner's rights");
        for change in ["SET (security_invoker = false)", "RESET (security_invoker)"] {
            finds_fault(&connection, "views", &format!("ALTER VIEW {view} {change}"), &[&told]).await;
        }
    }
    finds(
        &connection,
        "views",
        &[(
            "CREATE OR REPLACE VIEW member_grants WITH (security_invoker = on) AS \
        SELECT tenant_id, user_id, role_id, NULL::uuid AS store_id FROM user_roles",
            &[],
        )],
    )
    .await;
}

#[tokio::test]
async fn a_trigger_keeps_the_end_of_a_support_grant() {
    let Some((_database, connection)) = open().await else { return };
    let lost: &[&str] = &["support_grants.support_grants_end_stays is missing or changed"];
    let again = |what: &str| {
        format!(
            "DROP TRIGGER support_grants_end_stays ON support_grants; CREATE TRIGGER support_grants_end_stays {what} \
             ON support_grants FOR EACH ROW EXECUTE FUNCTION support_grants_end_stays()"
        )
    };
    finds(
        &connection,
        "ends_stay",
        &[
            ("DROP TRIGGER support_grants_end_stays ON support_grants", lost),
            ("ALTER TABLE support_grants DISABLE TRIGGER support_grants_end_stays", lost),
            ("ALTER TABLE support_grants ENABLE REPLICA TRIGGER support_grants_end_stays", lost),
            (&again("BEFORE UPDATE OF ended_at"), lost),
            (&again("BEFORE INSERT"), lost),
            (
                "CREATE OR REPLACE FUNCTION support_grants_end_stays() RETURNS trigger LANGUAGE plpgsql \
                 AS 'BEGIN RETURN NEW; END'",
                lost,
            ),
        ],
    )
    .await;
}
