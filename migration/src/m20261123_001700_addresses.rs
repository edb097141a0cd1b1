use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// When somebody's address was shown to be theirs, and changes of addresses that are under way. Of those who are there
/// already nobody has shown it.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE users ADD COLUMN email_verified_at {instant}").await?;
        sql.postgres("GRANT SELECT (email_verified_at) ON users TO cotenant_tenant").await?;
        directory(&sql, ", u.email_verified_at").await?;
        sql.both(
            "CREATE TABLE address_changes (
                id {uuid} NOT NULL CHECK (id <> {nil}),
                user_id {uuid} NOT NULL REFERENCES users (id),
                from_email text NOT NULL,
                to_email text NOT NULL,
                kept_session_id {uuid},
                requested_at {instant} NOT NULL,
                expires_at {instant} NOT NULL,
                next_token_hash {bytes},
                next_confirmed_at {instant},
                present_token_hash {bytes},
                present_confirmed_at {instant},
                CONSTRAINT address_changes_id_unique PRIMARY KEY (id),
                CHECK (next_token_hash IS NOT NULL OR next_confirmed_at IS NULL),
                CHECK (present_token_hash IS NOT NULL OR present_confirmed_at IS NULL)
            )",
        )
        .await?;
        for column in ["next_token_hash", "present_token_hash"] {
            sql.both(&format!("CREATE UNIQUE INDEX address_changes_{column}_unique ON address_changes ({column})"))
                .await?;
        }
        sql.both("CREATE INDEX address_changes_user ON address_changes (user_id)").await?;
        sql.both("CREATE INDEX address_changes_end ON address_changes (expires_at)").await?;
        sql.wall("address_changes").await?;
        sql.postgres("CREATE POLICY person_wall ON address_changes TO cotenant_person USING (true) WITH CHECK (true)")
            .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE, DELETE ON address_changes TO cotenant_person").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.drop_tables(&["address_changes"]).await?;
        directory(&sql, "").await?;
        sql.both("ALTER TABLE users DROP COLUMN email_verified_at").await
    }
}

/// The directory of members, with `more` columns.
async fn directory(sql: &Dialect<'_>, more: &str) -> Result<(), DbErr> {
    let security = if sql.is_postgres() { "WITH (security_invoker = true)" } else { "" };
    sql.both("DROP VIEW member_directory").await?;
    sql.both(&format!(
        "CREATE VIEW member_directory {security} AS
         SELECT m.tenant_id, m.user_id, m.status, m.epoch, m.created_at, m.updated_at, m.version,
                u.email, u.email_key, u.display_name, u.display_name_key{more}
         FROM tenant_users m
         JOIN users u ON u.id = m.user_id"
    ))
    .await?;
    sql.postgres("GRANT SELECT ON member_directory TO cotenant_tenant").await
}
