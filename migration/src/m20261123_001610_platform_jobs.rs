use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Jobs of the platform: what concerns a person and no tenant.
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
            "CREATE TABLE platform_jobs (
                id {uuid} NOT NULL CHECK (id <> {nil}),
                kind text NOT NULL,
                payload text NOT NULL,
                status text NOT NULL CHECK (status IN ('queued', 'done', 'dead')),
                run_at {instant} NOT NULL,
                leased_until {instant},
                lease bigint NOT NULL,
                attempts integer NOT NULL,
                last_error text,
                created_at {instant} NOT NULL,
                finished_at {instant},
                CONSTRAINT platform_jobs_id_unique PRIMARY KEY (id)
            )",
        )
        .await?;
        sql.both("CREATE INDEX platform_jobs_due ON platform_jobs (run_at) WHERE status = 'queued'").await?;
        sql.wall("platform_jobs").await?;
        for door in ["platform", "dispatcher"] {
            sql.postgres(&format!(
                "CREATE POLICY {door}_wall ON platform_jobs TO cotenant_{door} USING (true) WITH CHECK (true)"
            ))
            .await?;
        }
        sql.postgres("GRANT SELECT, INSERT, UPDATE ON platform_jobs TO cotenant_platform").await?;
        sql.postgres(
            "GRANT SELECT (id, status, run_at, leased_until, lease, attempts) ON platform_jobs TO cotenant_dispatcher",
        )
        .await?;
        sql.postgres("GRANT UPDATE (leased_until, lease, attempts) ON platform_jobs TO cotenant_dispatcher").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["platform_jobs"]).await
    }
}
