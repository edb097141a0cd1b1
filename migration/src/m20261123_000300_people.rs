use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// People, their credentials, and the operators among them.
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
            "CREATE TABLE users (
                id {uuid} NOT NULL CHECK (id <> {nil}),
                email text NOT NULL,
                email_key {folded} NOT NULL,
                display_name text NOT NULL,
                display_name_key {folded} NOT NULL,
                epoch bigint NOT NULL,
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                CONSTRAINT users_id_unique PRIMARY KEY (id)
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX users_email_key_unique ON users (email_key)").await?;
        sql.both(
            "CREATE TABLE credentials (
                user_id {uuid} NOT NULL REFERENCES users (id),
                password_hash text NOT NULL,
                updated_at {instant} NOT NULL,
                CONSTRAINT credentials_user_id_unique PRIMARY KEY (user_id)
            )",
        )
        .await?;
        sql.both(
            "CREATE TABLE operators (
                user_id {uuid} NOT NULL REFERENCES users (id),
                created_at {instant} NOT NULL,
                CONSTRAINT operators_user_id_unique PRIMARY KEY (user_id)
            )",
        )
        .await?;
        sql.both(
            "CREATE TABLE operator_sessions (
                id {uuid} NOT NULL,
                user_id {uuid} NOT NULL REFERENCES users (id),
                created_at {instant} NOT NULL,
                expires_at {instant} NOT NULL,
                ended_at {instant},
                CONSTRAINT operator_sessions_id_unique PRIMARY KEY (id)
            )",
        )
        .await?;
        sql.both("CREATE INDEX operator_sessions_user ON operator_sessions (user_id)").await?;
        for (table, role, grants) in [
            ("users", "person", "SELECT, INSERT, UPDATE"),
            ("credentials", "person", "SELECT, INSERT, UPDATE"),
            ("operators", "platform", "SELECT, INSERT, DELETE"),
            ("operator_sessions", "platform", "SELECT, INSERT, UPDATE"),
        ] {
            sql.wall(table).await?;
            sql.postgres(&format!(
                "CREATE POLICY {role}_wall ON {table} TO cotenant_{role} USING (true) WITH CHECK (true)"
            ))
            .await?;
            sql.postgres(&format!("GRANT {grants} ON {table} TO cotenant_{role}")).await?;
        }
        sql.postgres(
            "CREATE POLICY platform_wall ON users FOR SELECT TO cotenant_platform \
             USING (EXISTS (SELECT FROM operators o WHERE o.user_id = users.id))",
        )
        .await?;
        sql.postgres("GRANT SELECT (id, email, display_name, epoch) ON users TO cotenant_platform").await?;
        let security = if sql.is_postgres() { "WITH (security_invoker = true)" } else { "" };
        sql.both(&format!(
            "CREATE VIEW operator_access {security} AS
             SELECT s.id AS session_id, s.user_id, s.expires_at AS session_expires_at, s.ended_at AS session_ended_at,
                    u.epoch AS person_epoch
             FROM operator_sessions s
             JOIN operators o ON o.user_id = s.user_id
             JOIN users u ON u.id = s.user_id"
        ))
        .await?;
        sql.postgres("GRANT SELECT ON operator_access TO cotenant_platform").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW operator_access").await?;
        sql.postgres("DROP POLICY platform_wall ON users").await?;
        sql.drop_tables(&["users", "credentials", "operators", "operator_sessions"]).await
    }
}
