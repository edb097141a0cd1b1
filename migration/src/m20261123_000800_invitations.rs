use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Invitations.
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
            "CREATE TABLE invitations (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                id {uuid} NOT NULL CHECK (id <> {nil}),
                email text NOT NULL,
                email_key {folded} NOT NULL,
                status text NOT NULL CHECK (status IN ('pending', 'accepted', 'withdrawn')),
                expires_at {instant} NOT NULL,
                invited_by {uuid},
                role_ids text NOT NULL,
                store_roles text NOT NULL,
                token_hash {bytes},
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                CONSTRAINT invitations_id_unique PRIMARY KEY (tenant_id, id)
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX invitations_token_hash_unique ON invitations (tenant_id, token_hash)").await?;
        sql.both("CREATE INDEX invitations_email ON invitations (tenant_id, email_key)").await?;
        sql.tenant_wall("invitations", "SELECT, INSERT, UPDATE").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["invitations"]).await
    }
}
