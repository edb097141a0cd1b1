use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Stores.
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
            "CREATE TABLE stores (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                id {uuid} NOT NULL CHECK (id <> {nil}),
                name text NOT NULL,
                name_key {folded} NOT NULL,
                code text NOT NULL,
                code_key {folded} NOT NULL,
                timezone text NOT NULL,
                currency text NOT NULL,
                is_active boolean NOT NULL,
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                deleted_at {instant},
                deletion_id {uuid},
                CONSTRAINT stores_id_unique PRIMARY KEY (tenant_id, id),
                CHECK ((deleted_at IS NULL) = (deletion_id IS NULL))
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX stores_code_key_unique ON stores (tenant_id, code_key) WHERE deleted_at IS NULL")
            .await?;
        sql.both("CREATE INDEX stores_name ON stores (tenant_id, name_key, id)").await?;
        sql.both("CREATE INDEX stores_is_active ON stores (tenant_id, is_active, id)").await?;
        sql.both("CREATE INDEX stores_created_at ON stores (tenant_id, created_at, id)").await?;
        sql.tenant_wall("stores", "SELECT, INSERT, UPDATE").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["stores"]).await
    }
}
