use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;
use crate::m20261123_000600_roles::folds;

/// Service accounts, the roles they hold, their keys, and the two views in which a request is asked about its key.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        services_act(&sql).await?;
        sql.both(
            "CREATE TABLE service_accounts (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                id {uuid} NOT NULL CHECK (id <> {nil}),
                name text NOT NULL,
                name_key {folded} NOT NULL,
                description text,
                status text NOT NULL CHECK (status IN ('active', 'disabled')),
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                deleted_at {instant},
                deletion_id {uuid},
                CONSTRAINT service_accounts_id_unique PRIMARY KEY (tenant_id, id),
                CHECK ((deleted_at IS NULL) = (deletion_id IS NULL))
            )",
        )
        .await?;
        sql.both(
            "CREATE UNIQUE INDEX service_accounts_name_key_unique ON service_accounts (tenant_id, name_key) \
             WHERE deleted_at IS NULL",
        )
        .await?;
        roles(&sql).await?;
        keys(&sql).await?;
        sql.tenant_wall("service_accounts", "SELECT, INSERT, UPDATE").await?;
        sql.tenant_wall("service_roles", "SELECT, INSERT, DELETE").await?;
        sql.tenant_wall("service_store_roles", "SELECT, INSERT, DELETE").await?;
        sql.tenant_wall("api_keys", "SELECT, INSERT, UPDATE").await?;
        views(&sql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What services did stays in the audit log, which nobody changes; so its wider condition stays too.
        let sql = Dialect::new(manager);
        for view in ["api_key_access", "service_access", "service_grants"] {
            sql.both(&format!("DROP VIEW {view}")).await?;
        }
        sql.drop_tables(&["service_accounts", "service_roles", "service_store_roles", "api_keys"]).await
    }
}

/// The audit log takes what service accounts do.
///
/// SQLite has no way to change a condition but to write the table's text, which is safe where the condition says nothing of
/// how rows are stored (<https://sqlite.org/lang_altertable.html>, the second procedure). To make the table anew would copy
/// a log that is append-only, and would have to know each column of every version.
async fn services_act(sql: &Dialect<'_>) -> Result<(), DbErr> {
    let (before, after) =
        ("IN (''user'', ''operator'', ''system'')", "IN (''user'', ''service_account'', ''operator'', ''system'')");
    sql.sqlite("PRAGMA writable_schema = ON").await?;
    sql.sqlite(&format!(
        "UPDATE sqlite_schema SET sql = replace(sql, '{before}', '{after}') WHERE type = 'table' AND name = 'audit_events'"
    ))
    .await?;
    sql.sqlite("PRAGMA writable_schema = RESET").await?;
    sql.postgres("ALTER TABLE audit_events DROP CONSTRAINT audit_events_actor_kind_check").await?;
    sql.postgres(
        "ALTER TABLE audit_events ADD CONSTRAINT audit_events_actor_kind_check \
         CHECK (actor_kind IN ('user', 'service_account', 'operator', 'system'))",
    )
    .await
}

async fn roles(sql: &Dialect<'_>) -> Result<(), DbErr> {
    sql.both(
        "CREATE TABLE service_roles (
            tenant_id {uuid} NOT NULL,
            service_account_id {uuid} NOT NULL,
            role_id {uuid} NOT NULL,
            granted_at {instant} NOT NULL,
            granted_by {uuid},
            CONSTRAINT service_roles_role_id_unique PRIMARY KEY (tenant_id, service_account_id, role_id),
            FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id),
            FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
        )",
    )
    .await?;
    sql.both("CREATE INDEX service_roles_role ON service_roles (tenant_id, role_id)").await?;
    sql.both(
        "CREATE TABLE service_store_roles (
            tenant_id {uuid} NOT NULL,
            service_account_id {uuid} NOT NULL,
            store_id {uuid} NOT NULL,
            role_id {uuid} NOT NULL,
            granted_at {instant} NOT NULL,
            granted_by {uuid},
            CONSTRAINT service_store_roles_role_id_unique
                PRIMARY KEY (tenant_id, service_account_id, store_id, role_id),
            FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id),
            FOREIGN KEY (tenant_id, store_id) REFERENCES stores (tenant_id, id),
            FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
        )",
    )
    .await?;
    sql.both("CREATE INDEX service_store_roles_store ON service_store_roles (tenant_id, store_id)").await?;
    sql.both("CREATE INDEX service_store_roles_role ON service_store_roles (tenant_id, role_id)").await
}

async fn keys(sql: &Dialect<'_>) -> Result<(), DbErr> {
    sql.both(
        "CREATE TABLE api_keys (
            tenant_id {uuid} NOT NULL,
            id {uuid} NOT NULL CHECK (id <> {nil}),
            service_account_id {uuid} NOT NULL,
            name text NOT NULL,
            hash {bytes} NOT NULL,
            created_at {instant} NOT NULL,
            created_by {uuid} NOT NULL,
            expires_at {instant},
            revoked_at {instant},
            last_used_at {instant},
            last_used_address text,
            successor_id {uuid},
            CONSTRAINT api_keys_id_unique PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, service_account_id) REFERENCES service_accounts (tenant_id, id)
        )",
    )
    .await?;
    sql.both("CREATE INDEX api_keys_account ON api_keys (tenant_id, service_account_id, id)").await
}

/// As `member_grants`, `session_access` and `member_access` are for members.
async fn views(sql: &Dialect<'_>) -> Result<(), DbErr> {
    let (security, list, store_list) = folds(sql);
    let none = if sql.is_postgres() { "NULL::uuid" } else { "NULL" };
    sql.both(&format!(
        "CREATE VIEW service_grants {security} AS
         SELECT g.tenant_id, g.service_account_id, g.role_id, {none} AS store_id
         FROM service_roles g
         JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
         UNION ALL
         SELECT g.tenant_id, g.service_account_id, g.role_id, g.store_id
         FROM service_store_roles g
         JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
         JOIN stores s ON s.tenant_id = g.tenant_id AND s.id = g.store_id AND s.deleted_at IS NULL"
    ))
    .await?;
    sql.both(&format!(
        "CREATE VIEW service_access {security} AS
         SELECT a.tenant_id, a.id AS service_account_id, t.access_version, a.status,
                (SELECT {list} FROM service_roles g
                   JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                  WHERE g.tenant_id = a.tenant_id AND g.service_account_id = a.id) AS grants,
                (SELECT {store_list} FROM service_store_roles g
                   JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                   JOIN stores p ON p.tenant_id = g.tenant_id AND p.id = g.store_id AND p.deleted_at IS NULL
                  WHERE g.tenant_id = a.tenant_id AND g.service_account_id = a.id) AS store_grants
         FROM service_accounts a
         JOIN tenants t ON t.id = a.tenant_id
         WHERE a.deleted_at IS NULL"
    ))
    .await?;
    sql.both(&format!(
        "CREATE VIEW api_key_access {security} AS
         SELECT k.tenant_id, k.id AS key_id, k.service_account_id, k.hash, k.expires_at, k.revoked_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.access_version
         FROM api_keys k
         JOIN tenants t ON t.id = k.tenant_id AND t.deleted_at IS NULL"
    ))
    .await?;
    for view in ["service_grants", "service_access", "api_key_access"] {
        sql.postgres(&format!("GRANT SELECT ON {view} TO cotenant_tenant")).await?;
    }
    Ok(())
}
