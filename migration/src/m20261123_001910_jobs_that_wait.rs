use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Since when nobody knew a job's kind: it is put off, and given up when that is long ago. And an index of what has ended
/// that holds nothing else: where SQLite has counted no rows, it looks for what waits in one that holds both, and then sorts
/// all of that for each claim.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 2] = ["jobs", "platform_jobs"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for table in TABLES {
            sql.both(&format!("ALTER TABLE {table} ADD COLUMN unknown_since {{instant}}")).await?;
            sql.both(&format!("DROP INDEX {table}_done")).await?;
            sql.both(&format!(
                "CREATE INDEX {table}_done ON {table} (status, finished_at) WHERE finished_at IS NOT NULL"
            ))
            .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for table in TABLES {
            sql.both(&format!("DROP INDEX {table}_done")).await?;
            sql.both(&format!("CREATE INDEX {table}_done ON {table} (status, finished_at)")).await?;
            sql.both(&format!("ALTER TABLE {table} DROP COLUMN unknown_since")).await?;
        }
        Ok(())
    }
}
