//! Forging with raw SQL, past every layer of the product.

use cotenant_tests::{FreshDatabase, Kind, on_both_databases};
use uuid::Uuid;

use crate::golden::{live, tenant_tables};
use crate::raw::{A, B, ROWS, Raw, id, insert, postgres, tenant};

on_both_databases! {
    a_row_does_not_point_into_another_tenant;
    a_row_without_a_tenant_is_refused;
    the_audit_logs_are_append_only;
}

/// SQLSTATE "insufficient privilege": a missing right, or row-level security.
const DENIED: &str = "42501";

/// Expects a statement to be refused by row-level security itself, not for want of a right.
async fn walled(raw: &mut Raw, stand: &str, sql: &str) {
    let refusal = raw.attempt(stand, sql).await.expect_err(sql);
    assert_eq!(refusal.code, DENIED, "{sql}: {refusal:?}");
    assert!(refusal.message.contains("row-level security"), "{sql}: {refusal:?}");
}

/// Expects a statement to be refused for want of a right.
async fn denied(raw: &mut Raw, stand: &str, sql: &str) {
    let refusal = raw.attempt(stand, sql).await.expect_err(sql);
    assert_eq!(refusal.code, DENIED, "{sql}: {refusal:?}");
    assert!(refusal.message.contains("permission denied"), "{sql}: {refusal:?}");
}

async fn may(raw: &mut Raw, role: &str, relation: &str, privilege: &str) -> bool {
    let sql = format!("SELECT has_table_privilege('cotenant_{role}', '{relation}', '{privilege}')::text");
    raw.texts(&sql).await.unwrap() == ["true"]
}

#[tokio::test]
async fn a_tenant_sees_and_changes_its_own_rows_only() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let here = raw.standing("tenant", Some(tenant(A)));
    let (own, foreign) = (tenant(A), tenant(B));
    for table in tenant_tables(&mut raw).await {
        let seen = raw.look(&here, &format!("SELECT tenant_id::text FROM {table}")).await.unwrap();
        assert_eq!(seen, [own.to_string()], "{table}");
        let forged = insert(&table, &raw.row(&table, B, 2));
        walled(&mut raw, &here, &forged).await;
        if may(&mut raw, "tenant", &table, "UPDATE").await {
            let all = format!("UPDATE {table} SET tenant_id = tenant_id");
            assert_eq!(raw.attempt(&here, &all).await.unwrap(), 1, "{table}");
            assert_eq!(
                raw.attempt(&here, &format!("{all} WHERE tenant_id = '{foreign}'")).await.unwrap(),
                0,
                "{table}"
            );
            walled(&mut raw, &here, &format!("UPDATE {table} SET tenant_id = '{foreign}'")).await;
        } else {
            denied(&mut raw, &here, &format!("UPDATE {table} SET tenant_id = tenant_id")).await;
        }
        if may(&mut raw, "tenant", &table, "DELETE").await {
            assert_eq!(raw.attempt(&here, &format!("DELETE FROM {table}")).await.unwrap(), 1, "{table}");
        } else {
            denied(&mut raw, &here, &format!("DELETE FROM {table}")).await;
        }
        denied(&mut raw, &here, &format!("TRUNCATE {table}")).await;
    }
}

#[tokio::test]
async fn without_a_tenant_nothing_is_seen_and_nothing_gets_in() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let unset = raw.standing("tenant", None);
    for stand in [unset.clone(), format!("{unset}; SET LOCAL app.tenant_id = ''")] {
        for table in tenant_tables(&mut raw).await {
            let seen = raw.look(&stand, &format!("SELECT tenant_id::text FROM {table}")).await.unwrap();
            assert_eq!(seen, Vec::<String>::new(), "{table}");
            let forged = insert(&table, &raw.row(&table, A, 2));
            walled(&mut raw, &stand, &forged).await;
            if may(&mut raw, "tenant", &table, "UPDATE").await {
                let all = format!("UPDATE {table} SET tenant_id = tenant_id");
                assert_eq!(raw.attempt(&stand, &all).await.unwrap(), 0, "{table}");
            }
        }
        for shared in ["tenants", "users"] {
            assert_eq!(
                raw.look(&stand, &format!("SELECT id::text FROM {shared}")).await.unwrap(),
                Vec::<String>::new()
            );
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_itself_and_its_own_people() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let here = raw.standing("tenant", Some(tenant(A)));
    assert_eq!(raw.look(&here, "SELECT id::text FROM tenants").await.unwrap(), [tenant(A).to_string()]);
    assert_eq!(raw.look(&here, "SELECT id::text FROM users").await.unwrap(), [id(A, 'u', 1).to_string()]);
    for view in live(&mut raw, true).await {
        if may(&mut raw, "tenant", &view, "SELECT").await {
            let mut seen = raw.look(&here, &format!("SELECT tenant_id::text FROM {view}")).await.unwrap();
            seen.dedup();
            assert_eq!(seen, [tenant(A).to_string()], "{view}");
        }
    }
    let rename = "UPDATE tenants SET name = 'Mine'";
    assert_eq!(raw.attempt(&here, rename).await.unwrap(), 1);
    assert_eq!(raw.attempt(&here, &format!("{rename} WHERE id = '{}'", tenant(B))).await.unwrap(), 0);
    for column in ["id = id", "status = 'active'", "expires_at = NULL", "epoch = 1", "deleted_at = NULL"] {
        denied(&mut raw, &here, &format!("UPDATE tenants SET {column}")).await;
    }
    denied(&mut raw, &here, "UPDATE users SET epoch = 9").await;
    for other in [
        "credentials",
        "operators",
        "operator_sessions",
        "bootstrap",
        "platform_audit_events",
        "seaql_migrations",
        "address_changes",
        "password_resets",
        "platform_jobs",
        "platform_kept_answers",
        "job_schedules",
    ] {
        denied(&mut raw, &here, &format!("SELECT * FROM {other}")).await;
    }
}

#[tokio::test]
async fn the_person_door_shows_own_memberships_only() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let nobody = raw.standing("person", None);
    let somebody = format!("{nobody}; SET LOCAL app.person_id = '{}'", id(A, 'u', 1));
    for (relation, column) in [("tenant_users", "tenant_id"), ("person_memberships", "tenant_id"), ("tenants", "id")] {
        let sql = format!("SELECT {column}::text FROM {relation}");
        assert_eq!(raw.look(&somebody, &sql).await.unwrap(), [tenant(A).to_string()], "{relation}");
        let blank = format!("{nobody}; SET LOCAL app.person_id = ''; SET LOCAL app.tenant_id = '{}'", tenant(A));
        for stand in [&nobody, &blank] {
            assert_eq!(raw.look(stand, &sql).await.unwrap(), Vec::<String>::new(), "{relation}");
        }
    }
    for table in tenant_tables(&mut raw).await {
        if table != "tenant_users" {
            denied(&mut raw, &somebody, &format!("SELECT * FROM {table}")).await;
        }
        denied(&mut raw, &somebody, &format!("UPDATE {table} SET tenant_id = tenant_id")).await;
        let forged = insert(&table, &raw.row(&table, A, 2));
        denied(&mut raw, &somebody, &forged).await;
    }
}

#[tokio::test]
async fn the_person_door_ends_own_sessions_and_reads_no_secret_of_them() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let nobody = raw.standing("person", None);
    let somebody = format!("{nobody}; SET LOCAL app.person_id = '{}'", id(A, 'u', 1));
    let (seen, end) = ("SELECT id::text FROM sessions", "UPDATE sessions SET ended_at = now()");
    assert_eq!(raw.look(&somebody, seen).await.unwrap(), [id(A, 'i', 1).to_string()]);
    assert_eq!(raw.attempt(&somebody, end).await.unwrap(), 1);
    assert_eq!(raw.attempt(&somebody, &format!("{end} WHERE user_id = '{}'", id(B, 'u', 1))).await.unwrap(), 0);
    for stand in [&nobody, &format!("{nobody}; SET LOCAL app.tenant_id = '{}'", tenant(A))] {
        assert_eq!(raw.look(stand, seen).await.unwrap(), Vec::<String>::new());
        assert_eq!(raw.attempt(stand, end).await.unwrap(), 0);
    }
    walled(&mut raw, &format!("{somebody}; {end}"), "UPDATE sessions SET ended_at = NULL").await;
    let others: Vec<_> = raw.row("sessions", A, 1).into_iter().map(|(column, _)| column).collect();
    for column in others.into_iter().chain(["previous_hash", "agent", "address"]) {
        denied(&mut raw, &somebody, &format!("UPDATE sessions SET {column} = {column}")).await;
        if !["tenant_id", "id", "user_id"].contains(&column) {
            denied(&mut raw, &somebody, &format!("SELECT {column} FROM sessions")).await;
        }
    }
    denied(&mut raw, &somebody, "DELETE FROM sessions").await;
}

#[tokio::test]
async fn the_platform_sees_no_row_of_a_tenant() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let stand = raw.standing("platform", Some(tenant(A)));
    for table in tenant_tables(&mut raw).await {
        denied(&mut raw, &stand, &format!("SELECT tenant_id FROM {table}")).await;
        denied(&mut raw, &stand, &format!("UPDATE {table} SET tenant_id = tenant_id")).await;
        let forged = insert(&table, &raw.row(&table, A, 2));
        denied(&mut raw, &stand, &forged).await;
    }
    denied(&mut raw, &stand, "SELECT password_hash FROM credentials").await;
    assert_eq!(
        raw.look(&stand, "SELECT id::text FROM users").await.unwrap(),
        Vec::<String>::new(),
        "none is an operator"
    );
}

#[tokio::test]
async fn the_dispatcher_sees_that_jobs_are_due_and_not_what_they_hold() {
    let Some((_database, mut raw)) = postgres().await else { return };
    let stand = raw.standing("dispatcher", None);
    assert_eq!(raw.look(&stand, "SELECT tenant_id::text FROM jobs").await.unwrap().len(), 2);
    for column in ["payload", "kind", "last_error", "unique_key", "created_at", "*"] {
        denied(&mut raw, &stand, &format!("SELECT {column} FROM jobs")).await;
    }
    assert_eq!(raw.attempt(&stand, "UPDATE jobs SET attempts = 1").await.unwrap(), 2);
    for column in ["payload = ''", "kind = ''", "status = 'done'", "priority = 0", "tenant_id = tenant_id", "id = id"] {
        denied(&mut raw, &stand, &format!("UPDATE jobs SET {column}")).await;
    }
    assert_eq!(raw.attempt(&stand, "DELETE FROM jobs").await.unwrap(), 0, "what is queued is not purged");
    for (status, purged) in [("queued", 0), ("dead", 1), ("done", 1)] {
        let ended = format!("UPDATE jobs SET status = '{status}' WHERE tenant_id = '{}'", tenant(A));
        raw.execute(&ended).await.unwrap();
        assert_eq!(raw.attempt(&stand, "DELETE FROM jobs").await.unwrap(), purged, "{status}");
    }
    assert_eq!(raw.look(&stand, "SELECT id::text FROM tenants").await.unwrap().len(), 2);
    for column in ["slug", "name", "suspended_reason", "access_version", "epoch"] {
        denied(&mut raw, &stand, &format!("SELECT {column} FROM tenants")).await;
    }
    denied(&mut raw, &stand, "UPDATE tenants SET status = 'active'").await;
    for table in &(&live(&mut raw, false).await | &live(&mut raw, true).await) {
        if table != "jobs" {
            denied(&mut raw, &stand, &format!("SELECT * FROM {table}")).await;
        }
    }
}

/// Every foreign key between tenants' tables: child, its column beside the tenant, parent.
async fn keys(raw: &mut Raw) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for (table, _) in ROWS {
        let sql = match raw {
            Raw::Postgres(_) => format!(
                "SELECT a.attname::text FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid \
                 AND a.attnum = f.conkey[2] WHERE f.contype = 'f' AND f.conrelid = '{table}'::regclass"
            ),
            Raw::Sqlite(_) => format!("SELECT \"from\" FROM pragma_foreign_key_list('{table}') WHERE seq = 1"),
        };
        keys.extend(raw.texts(&sql).await.unwrap().into_iter().map(|column| ((*table).to_owned(), column)));
    }
    keys
}

// Attacks: 6.
async fn a_row_does_not_point_into_another_tenant(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    raw.seed().await;
    // As the owner of the schema, whom neither policies nor triggers stop here: the key itself refuses.
    let key_violated = if database.kind == Kind::Postgres { "23503" } else { "787" };
    let keys = keys(&mut raw).await;
    assert_eq!(keys.len(), 13, "{keys:?}");
    for parents in ["stores", "roles", "tenant_users", "service_accounts"] {
        let parent = insert(parents, &raw.row(parents, A, 2));
        raw.execute(&parent).await.unwrap();
    }
    for (table, column) in keys {
        let mut row = raw.row(&table, A, 2);
        assert_eq!(raw.attempt("", &insert(&table, &row)).await.unwrap(), 1, "{table}: the row itself is fine");
        let theirs = raw.row(&table, B, 1).into_iter().find(|(name, _)| *name == column).unwrap().1;
        row.iter_mut().find(|(name, _)| *name == column).unwrap().1 = theirs;
        let refusal = raw.attempt("", &insert(&table, &row)).await.expect_err(&table);
        assert_eq!(refusal.code, key_violated, "{table}.{column}: {refusal:?}");
    }
}

// Attacks: 4, 12.
/// As the owner of the schema, in every table that tenants own, the queue of jobs among them.
async fn a_row_without_a_tenant_is_refused(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    raw.seed().await;
    let (null, foreign_key) = if database.kind == Kind::Postgres { ("23502", "23503") } else { ("1299", "787") };
    for (table, _) in ROWS {
        for (tenant, refused) in [("NULL".to_owned(), null), (raw.uuid(Uuid::nil()), foreign_key)] {
            let mut row = raw.row(table, A, 2);
            row.iter_mut().find(|(name, _)| *name == "tenant_id").unwrap().1 = tenant;
            let refusal = raw.attempt("", &insert(table, &row)).await.expect_err(table);
            assert_eq!(refusal.code, refused, "{table}: {refusal:?}");
        }
    }
}

async fn the_audit_logs_are_append_only(database: FreshDatabase) {
    let mut raw = Raw::open(&database).await;
    raw.seed().await;
    let platform = format!(
        "INSERT INTO platform_audit_events (id, at, actor_kind, action, detail) \
         VALUES ({}, '2026-01-01T00:00:00.000000Z', 'system', 'test', '[]')",
        raw.uuid(id(A, 'i', 1))
    );
    raw.execute(&platform).await.unwrap();
    for (table, door) in [("audit_events", "tenant"), ("platform_audit_events", "platform")] {
        let stand = raw.standing(door, Some(tenant(A)));
        for sql in [format!("UPDATE {table} SET detail = ''"), format!("DELETE FROM {table}")] {
            let refusal = raw.attempt(&stand, &sql).await.expect_err(&sql);
            let expected = if database.kind == Kind::Postgres { "permission denied" } else { "append-only" };
            assert!(refusal.message.contains(expected), "{sql}: {refusal:?}");
        }
    }
}
