use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// What jobs need under load: priorities, unique keys, indexes by which tenants take turns, a purge of what is done, and
/// schedules.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Both tables of jobs, with the columns that lead their keys.
const TABLES: [(&str, &str); 2] = [("jobs", "tenant_id, "), ("platform_jobs", "")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for (table, owner) in TABLES {
            sql.both(&format!("ALTER TABLE {table} ADD COLUMN priority smallint NOT NULL DEFAULT 1")).await?;
            sql.both(&format!("ALTER TABLE {table} ADD COLUMN unique_key text")).await?;
            sql.both(&format!(
                "CREATE UNIQUE INDEX {table}_unique_key_unique ON {table} ({owner}kind, unique_key) WHERE status = 'queued'"
            ))
            .await?;
            // In the order in which a tenant's jobs are done; the next tenant with one is found by it too. Of jobs that have
            // not ended, by what a plan that is made once for all values knows as well: it does not know that the status it
            // will be asked for is this one.
            sql.both(&format!(
                "CREATE INDEX {table}_next ON {table} ({owner}priority, run_at, id) WHERE finished_at IS NULL"
            ))
            .await?;
            sql.both(&format!("DROP INDEX {table}_due")).await?;
            sql.both(&format!(
                "CREATE INDEX {table}_in_hand ON {table} ({owner}leased_until) WHERE leased_until IS NOT NULL"
            ))
            .await?;
            sql.both(&format!("CREATE INDEX {table}_done ON {table} (status, finished_at)")).await?;
            sql.postgres(&format!("GRANT SELECT (priority, finished_at) ON {table} TO cotenant_dispatcher")).await?;
            sql.postgres(&format!("GRANT DELETE ON {table} TO cotenant_dispatcher")).await?;
            // What is queued or given up stays, whoever stands at the door.
            sql.postgres(&format!(
                "CREATE POLICY dispatcher_purge ON {table} AS RESTRICTIVE FOR DELETE TO cotenant_dispatcher \
                 USING (status = 'done')"
            ))
            .await?;
        }
        sql.postgres("CREATE POLICY dispatcher_wall ON tenants TO cotenant_dispatcher USING (true) WITH CHECK (true)")
            .await?;
        sql.postgres("GRANT SELECT (id, status, expires_at) ON tenants TO cotenant_dispatcher").await?;
        sql.both("CREATE TABLE job_schedules (kind text NOT NULL PRIMARY KEY, last_at {instant} NOT NULL)").await?;
        sql.wall("job_schedules").await?;
        sql.postgres(
            "CREATE POLICY platform_wall ON job_schedules TO cotenant_platform USING (true) WITH CHECK (true)",
        )
        .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE ON job_schedules TO cotenant_platform").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.drop_tables(&["job_schedules"]).await?;
        sql.postgres("REVOKE SELECT (id, status, expires_at) ON tenants FROM cotenant_dispatcher").await?;
        sql.postgres("DROP POLICY dispatcher_wall ON tenants").await?;
        for (table, _) in TABLES {
            sql.postgres(&format!("DROP POLICY dispatcher_purge ON {table}")).await?;
            sql.postgres(&format!("REVOKE DELETE ON {table} FROM cotenant_dispatcher")).await?;
            sql.postgres(&format!("REVOKE SELECT (priority, finished_at) ON {table} FROM cotenant_dispatcher")).await?;
            sql.both(&format!("CREATE INDEX {table}_due ON {table} (run_at) WHERE status = 'queued'")).await?;
            for index in ["unique_key_unique", "next", "in_hand", "done"] {
                sql.both(&format!("DROP INDEX {table}_{index}")).await?;
            }
            sql.both(&format!("ALTER TABLE {table} DROP COLUMN unique_key")).await?;
            sql.both(&format!("ALTER TABLE {table} DROP COLUMN priority")).await?;
        }
        Ok(())
    }
}
