use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The language in which a tenant's people are written to; null is the platform's.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE tenants ADD COLUMN locale TEXT CHECK (locale IN ('en', 'sw'))").await?;
        sql.postgres("GRANT UPDATE (locale) ON tenants TO cotenant_tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).both("ALTER TABLE tenants DROP COLUMN locale").await
    }
}
