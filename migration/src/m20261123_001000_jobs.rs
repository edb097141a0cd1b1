use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Jobs.
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
            "CREATE TABLE jobs (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
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
                CONSTRAINT jobs_id_unique PRIMARY KEY (tenant_id, id)
            )",
        )
        .await?;
        // The dispatcher looks for due jobs of all tenants, so this index does not lead with one.
        sql.both("CREATE INDEX jobs_due ON jobs (run_at) WHERE status = 'queued'").await?;
        sql.tenant_wall("jobs", "SELECT, INSERT, UPDATE").await?;
        sql.postgres("CREATE POLICY dispatcher_wall ON jobs TO cotenant_dispatcher USING (true) WITH CHECK (true)")
            .await?;
        sql.postgres(
            "GRANT SELECT (tenant_id, id, status, run_at, leased_until, lease, attempts) ON jobs TO cotenant_dispatcher",
        )
        .await?;
        sql.postgres("GRANT UPDATE (leased_until, lease, attempts) ON jobs TO cotenant_dispatcher").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["jobs"]).await
    }
}
