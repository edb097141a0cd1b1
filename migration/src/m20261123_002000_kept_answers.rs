use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Answers that are kept for requests which are done once: a tenant's, and those of operators. Both tables are the same but
/// for the owner.
///
/// A row is written without an answer as its key is claimed, and has one before anybody else sees it.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: &str = "id {bytes} NOT NULL,
                fingerprint {bytes} NOT NULL,
                created_at {instant} NOT NULL,
                status integer CHECK (status BETWEEN 200 AND 299),
                location text,
                etag text,
                body {bytes}";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both(&format!(
            "CREATE TABLE kept_answers (
                tenant_id {{uuid}} NOT NULL REFERENCES tenants (id),
                {COLUMNS},
                CONSTRAINT kept_answers_id_unique PRIMARY KEY (tenant_id, id)
            )"
        ))
        .await?;
        sql.both("CREATE INDEX kept_answers_age ON kept_answers (tenant_id, created_at)").await?;
        sql.tenant_wall("kept_answers", "SELECT, INSERT, UPDATE, DELETE").await?;
        sql.both(&format!(
            "CREATE TABLE platform_kept_answers (
                {COLUMNS},
                CONSTRAINT platform_kept_answers_id_unique PRIMARY KEY (id)
            )"
        ))
        .await?;
        sql.both("CREATE INDEX platform_kept_answers_age ON platform_kept_answers (created_at)").await?;
        sql.wall("platform_kept_answers").await?;
        sql.postgres(
            "CREATE POLICY platform_wall ON platform_kept_answers TO cotenant_platform USING (true) WITH CHECK (true)",
        )
        .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE, DELETE ON platform_kept_answers TO cotenant_platform").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["kept_answers", "platform_kept_answers"]).await
    }
}
