use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Memberships and sessions: people in tenants.
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
            "CREATE TABLE tenant_users (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                user_id {uuid} NOT NULL REFERENCES users (id),
                status text NOT NULL CHECK (status IN ('active', 'suspended', 'removed')),
                epoch bigint NOT NULL,
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                CONSTRAINT tenant_users_user_id_unique PRIMARY KEY (tenant_id, user_id)
            )",
        )
        .await?;
        sql.both("CREATE INDEX tenant_users_user ON tenant_users (user_id, tenant_id)").await?;
        sql.tenant_wall("tenant_users", "SELECT, INSERT, UPDATE").await?;
        sessions(&sql).await?;
        // The person door: a verified person's own memberships, and the tenants they are in.
        sql.postgres(
            "CREATE POLICY person_wall ON tenant_users FOR SELECT TO cotenant_person \
             USING (user_id = NULLIF(current_setting('app.person_id', true), '')::uuid)",
        )
        .await?;
        sql.postgres("GRANT SELECT (tenant_id, user_id, status, epoch) ON tenant_users TO cotenant_person").await?;
        sql.postgres(
            "CREATE POLICY person_wall ON tenants FOR SELECT TO cotenant_person \
             USING (EXISTS (SELECT FROM tenant_users m WHERE m.tenant_id = tenants.id))",
        )
        .await?;
        sql.postgres(
            "GRANT SELECT (id, slug, name, status, expires_at, epoch, deleted_at) ON tenants TO cotenant_person",
        )
        .await?;
        // The tenant door: of people, only those who are or were its members, and of them only what colleagues may see.
        sql.postgres(
            "CREATE POLICY tenant_wall ON users FOR SELECT TO cotenant_tenant \
             USING (EXISTS (SELECT FROM tenant_users m WHERE m.user_id = users.id))",
        )
        .await?;
        sql.postgres(
            "GRANT SELECT (id, email, email_key, display_name, display_name_key, epoch) ON users TO cotenant_tenant",
        )
        .await?;
        let security = if sql.is_postgres() { "WITH (security_invoker = true)" } else { "" };
        sql.both(&format!(
            "CREATE VIEW person_memberships {security} AS
             SELECT m.user_id, m.tenant_id, m.status, m.epoch, t.slug, t.name, t.status AS tenant_status,
                    t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch
             FROM tenant_users m
             JOIN tenants t ON t.id = m.tenant_id
             WHERE t.deleted_at IS NULL AND m.status <> 'removed'"
        ))
        .await?;
        sql.postgres("GRANT SELECT ON person_memberships TO cotenant_person").await?;
        sql.both(&format!(
            "CREATE VIEW member_directory {security} AS
             SELECT m.tenant_id, m.user_id, m.status, m.epoch, m.created_at, m.updated_at, m.version,
                    u.email, u.email_key, u.display_name, u.display_name_key
             FROM tenant_users m
             JOIN users u ON u.id = m.user_id"
        ))
        .await?;
        sql.postgres("GRANT SELECT ON member_directory TO cotenant_tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW member_directory").await?;
        sql.both("DROP VIEW person_memberships").await?;
        sql.postgres("DROP POLICY tenant_wall ON users").await?;
        sql.postgres("DROP POLICY person_wall ON tenants").await?;
        sql.drop_tables(&["tenant_users", "sessions"]).await
    }
}

/// Sessions as they were at first: each as long as its token.
pub(crate) async fn sessions(sql: &Dialect<'_>) -> Result<(), DbErr> {
    sql.both(
        "CREATE TABLE sessions (
            tenant_id {uuid} NOT NULL,
            id {uuid} NOT NULL,
            user_id {uuid} NOT NULL,
            created_at {instant} NOT NULL,
            expires_at {instant} NOT NULL,
            ended_at {instant},
            CONSTRAINT sessions_id_unique PRIMARY KEY (tenant_id, id),
            FOREIGN KEY (tenant_id, user_id) REFERENCES tenant_users (tenant_id, user_id)
        )",
    )
    .await?;
    sql.both("CREATE INDEX sessions_user ON sessions (tenant_id, user_id)").await?;
    sql.tenant_wall("sessions", "SELECT, INSERT, UPDATE").await
}
