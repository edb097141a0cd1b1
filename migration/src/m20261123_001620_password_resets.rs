use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Passwords that were forgotten. A row is taken away when its token was used, voided by another, or has run out.
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
            "CREATE TABLE password_resets (
                id {uuid} NOT NULL CHECK (id <> {nil}),
                email text NOT NULL,
                requested_at {instant} NOT NULL,
                expires_at {instant} NOT NULL,
                user_id {uuid} REFERENCES users (id),
                token_hash {bytes},
                CONSTRAINT password_resets_id_unique PRIMARY KEY (id),
                CHECK ((user_id IS NULL) = (token_hash IS NULL))
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX password_resets_token_hash_unique ON password_resets (token_hash)").await?;
        sql.both("CREATE INDEX password_resets_user ON password_resets (user_id)").await?;
        sql.both("CREATE INDEX password_resets_end ON password_resets (expires_at)").await?;
        sql.wall("password_resets").await?;
        sql.postgres("CREATE POLICY person_wall ON password_resets TO cotenant_person USING (true) WITH CHECK (true)")
            .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE, DELETE ON password_resets TO cotenant_person").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["password_resets"]).await
    }
}
