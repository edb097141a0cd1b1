use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Since when nobody knew a job's kind: it is put off, and given up when that is long ago.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE jobs ADD COLUMN unknown_since {instant}").await?;
        sql.both("ALTER TABLE platform_jobs ADD COLUMN unknown_since {instant}").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE platform_jobs DROP COLUMN unknown_since").await?;
        sql.both("ALTER TABLE jobs DROP COLUMN unknown_since").await
    }
}
