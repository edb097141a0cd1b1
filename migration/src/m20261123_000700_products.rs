use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Products: the reference for tables that belong to a store.
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
            "CREATE TABLE products (
                tenant_id {uuid} NOT NULL,
                store_id {uuid} NOT NULL,
                id {uuid} NOT NULL CHECK (id <> {nil}),
                sku text NOT NULL,
                sku_key {folded} NOT NULL,
                name text NOT NULL,
                name_key {folded} NOT NULL,
                price_minor bigint NOT NULL CHECK (price_minor >= 0),
                currency text NOT NULL,
                stock bigint NOT NULL CHECK (stock >= 0),
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                deleted_at {instant},
                deletion_id {uuid},
                CONSTRAINT products_id_unique PRIMARY KEY (tenant_id, id),
                FOREIGN KEY (tenant_id, store_id) REFERENCES stores (tenant_id, id),
                CHECK ((deleted_at IS NULL) = (deletion_id IS NULL))
            )",
        )
        .await?;
        sql.both(
            "CREATE UNIQUE INDEX products_sku_key_unique ON products (tenant_id, store_id, sku_key) WHERE deleted_at IS NULL",
        )
        .await?;
        sql.both("CREATE INDEX products_store ON products (tenant_id, store_id, id)").await?;
        sql.both("CREATE INDEX products_name ON products (tenant_id, store_id, name_key, id)").await?;
        sql.tenant_wall("products", "SELECT, INSERT, UPDATE").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["products"]).await
    }
}
