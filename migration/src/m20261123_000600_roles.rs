use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Roles, who holds them, and the view in which one row tells what a session may do.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both(
            "CREATE TABLE roles (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                id {uuid} NOT NULL CHECK (id <> {nil}),
                name text NOT NULL,
                name_key {folded} NOT NULL,
                description text,
                system_key text CHECK (system_key IN ('owner', 'admin', 'member')),
                permissions text NOT NULL,
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                deleted_at {instant},
                deletion_id {uuid},
                CONSTRAINT roles_id_unique PRIMARY KEY (tenant_id, id),
                CHECK ((deleted_at IS NULL) = (deletion_id IS NULL)),
                CHECK (system_key IS NULL OR deleted_at IS NULL)
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX roles_name_key_unique ON roles (tenant_id, name_key) WHERE deleted_at IS NULL")
            .await?;
        sql.both(
            "CREATE UNIQUE INDEX roles_system_key_unique ON roles (tenant_id, system_key) WHERE system_key IS NOT NULL",
        )
        .await?;
        sql.both(
            "CREATE TABLE user_roles (
                tenant_id {uuid} NOT NULL,
                user_id {uuid} NOT NULL,
                role_id {uuid} NOT NULL,
                granted_at {instant} NOT NULL,
                granted_by {uuid},
                CONSTRAINT user_roles_role_id_unique PRIMARY KEY (tenant_id, user_id, role_id),
                FOREIGN KEY (tenant_id, user_id) REFERENCES tenant_users (tenant_id, user_id),
                FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
            )",
        )
        .await?;
        sql.both("CREATE INDEX user_roles_user ON user_roles (user_id, tenant_id)").await?;
        sql.both("CREATE INDEX user_roles_role ON user_roles (tenant_id, role_id)").await?;
        sql.both(
            "CREATE TABLE user_store_roles (
                tenant_id {uuid} NOT NULL,
                user_id {uuid} NOT NULL,
                store_id {uuid} NOT NULL,
                role_id {uuid} NOT NULL,
                granted_at {instant} NOT NULL,
                granted_by {uuid},
                CONSTRAINT user_store_roles_role_id_unique PRIMARY KEY (tenant_id, user_id, store_id, role_id),
                FOREIGN KEY (tenant_id, user_id) REFERENCES tenant_users (tenant_id, user_id),
                FOREIGN KEY (tenant_id, store_id) REFERENCES stores (tenant_id, id),
                FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id)
            )",
        )
        .await?;
        sql.both("CREATE INDEX user_store_roles_user ON user_store_roles (user_id, tenant_id)").await?;
        sql.both("CREATE INDEX user_store_roles_store ON user_store_roles (tenant_id, store_id)").await?;
        sql.both("CREATE INDEX user_store_roles_role ON user_store_roles (tenant_id, role_id)").await?;
        sql.tenant_wall("roles", "SELECT, INSERT, UPDATE").await?;
        sql.tenant_wall("user_roles", "SELECT, INSERT, DELETE").await?;
        sql.tenant_wall("user_store_roles", "SELECT, INSERT, DELETE").await?;
        sessions_with_grants(&sql).await?;
        let (security, none) =
            if sql.is_postgres() { ("WITH (security_invoker = true)", "NULL::uuid") } else { ("", "NULL") };
        sql.both(&format!(
            "CREATE VIEW member_grants {security} AS
             SELECT g.tenant_id, g.user_id, g.role_id, {none} AS store_id
             FROM user_roles g
             JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
             UNION ALL
             SELECT g.tenant_id, g.user_id, g.role_id, g.store_id
             FROM user_store_roles g
             JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
             JOIN stores s ON s.tenant_id = g.tenant_id AND s.id = g.store_id AND s.deleted_at IS NULL"
        ))
        .await?;
        sql.postgres("GRANT SELECT ON member_grants TO cotenant_tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW member_grants").await?;
        sql.both("DROP VIEW member_access").await?;
        sql.drop_tables(&["roles", "user_roles", "user_store_roles"]).await
    }
}

/// What a view needs that folds grants into texts: its options, the fold of grants in the whole tenant (`g`, with the role
/// `r`), and that of grants at stores.
pub(crate) fn folds(sql: &Dialect<'_>) -> (&'static str, &'static str, &'static str) {
    if sql.is_postgres() {
        (
            "WITH (security_invoker = true)",
            "string_agg(r.permissions, ' ')",
            "string_agg(replace(g.store_id::text, '-', '') || ' ' || r.permissions, ';')",
        )
    } else {
        ("", "group_concat(r.permissions, ' ')", "group_concat(lower(hex(g.store_id)) || ' ' || r.permissions, ';')")
    }
}

/// The view `member_access` with one row for each session. The grants are folded into two texts, so that reading them costs
/// no second statement and no row for each grant.
pub(crate) async fn sessions_with_grants(sql: &Dialect<'_>) -> Result<(), DbErr> {
    let (security, list, store_list) = folds(sql);
    sql.both(&format!(
        "CREATE VIEW member_access {security} AS
         SELECT s.tenant_id, s.id AS session_id, s.user_id,
                s.expires_at AS session_expires_at, s.ended_at AS session_ended_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch,
                m.status AS membership_status, m.epoch AS membership_epoch, u.epoch AS person_epoch,
                (SELECT {list} FROM user_roles g
                   JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                  WHERE g.tenant_id = s.tenant_id AND g.user_id = s.user_id) AS grants,
                (SELECT {store_list} FROM user_store_roles g
                   JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                   JOIN stores p ON p.tenant_id = g.tenant_id AND p.id = g.store_id AND p.deleted_at IS NULL
                  WHERE g.tenant_id = s.tenant_id AND g.user_id = s.user_id) AS store_grants
         FROM sessions s
         JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL
         JOIN tenant_users m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
         JOIN users u ON u.id = s.user_id"
    ))
    .await?;
    sql.postgres("GRANT SELECT ON member_access TO cotenant_tenant").await
}
