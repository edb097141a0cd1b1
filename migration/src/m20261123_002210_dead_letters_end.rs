use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Jobs that were given up are kept for a time and then purged, as those that are done are: what anybody can have fail again
/// and again would grow without a bound. And how many jobs of the platform are in hand is asked by nobody.
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
            sql.postgres(&format!("ALTER POLICY dispatcher_purge ON {table} USING (status <> 'queued')")).await?;
        }
        sql.both("DROP INDEX platform_jobs_in_hand").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("CREATE INDEX platform_jobs_in_hand ON platform_jobs (leased_until) WHERE leased_until IS NOT NULL")
            .await?;
        for table in TABLES {
            sql.postgres(&format!("ALTER POLICY dispatcher_purge ON {table} USING (status = 'done')")).await?;
        }
        Ok(())
    }
}
