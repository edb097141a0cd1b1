use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// Tenants, and what else the platform keeps of itself.
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
            "CREATE TABLE tenants (
                id {uuid} NOT NULL CHECK (id <> {nil}),
                slug text NOT NULL,
                slug_key {folded} NOT NULL,
                name text NOT NULL,
                name_key {folded} NOT NULL,
                status text NOT NULL CHECK (status IN ('active', 'suspended', 'closing')),
                suspended_reason text,
                expires_at {instant},
                epoch bigint NOT NULL,
                access_version bigint NOT NULL,
                purge_at {instant},
                created_at {instant} NOT NULL,
                updated_at {instant} NOT NULL,
                version bigint NOT NULL,
                deleted_at {instant},
                deletion_id {uuid},
                CONSTRAINT tenants_id_unique PRIMARY KEY (id),
                CHECK ((deleted_at IS NULL) = (deletion_id IS NULL))
            )",
        )
        .await?;
        sql.both("CREATE UNIQUE INDEX tenants_slug_key_unique ON tenants (slug_key)").await?;
        sql.both(
            "CREATE TABLE bootstrap (
                singleton integer NOT NULL CHECK (singleton = 1),
                at {instant} NOT NULL,
                CONSTRAINT bootstrap_singleton_unique PRIMARY KEY (singleton)
            )",
        )
        .await?;
        sql.both(
            "CREATE TABLE platform_audit_events (
                id {uuid} NOT NULL,
                at {instant} NOT NULL,
                actor_kind text NOT NULL,
                actor_id {uuid},
                action text NOT NULL,
                object_id {uuid},
                detail text NOT NULL,
                request_id text,
                address text,
                agent text,
                CONSTRAINT platform_audit_events_id_unique PRIMARY KEY (id)
            )",
        )
        .await?;
        for event in ["UPDATE", "DELETE"] {
            sql.sqlite(&format!(
                "CREATE TRIGGER platform_audit_events_no_{event} BEFORE {event} ON platform_audit_events \
                 BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            ))
            .await?;
        }
        sql.wall("tenants").await?;
        sql.postgres("CREATE POLICY platform_wall ON tenants TO cotenant_platform USING (true) WITH CHECK (true)")
            .await?;
        let own = "id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
        sql.postgres(&format!(
            "CREATE POLICY tenant_wall ON tenants TO cotenant_tenant USING ({own}) WITH CHECK ({own})"
        ))
        .await?;
        sql.postgres("GRANT SELECT, INSERT, UPDATE ON tenants TO cotenant_platform").await?;
        sql.postgres("GRANT SELECT ON tenants TO cotenant_tenant").await?;
        sql.postgres(
            "GRANT UPDATE (slug, slug_key, name, name_key, access_version, updated_at, version) ON tenants TO cotenant_tenant",
        )
        .await?;
        for table in ["bootstrap", "platform_audit_events"] {
            sql.wall(table).await?;
            sql.postgres(&format!(
                "CREATE POLICY platform_wall ON {table} TO cotenant_platform USING (true) WITH CHECK (true)"
            ))
            .await?;
            sql.postgres(&format!("GRANT SELECT, INSERT ON {table} TO cotenant_platform")).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["tenants", "bootstrap", "platform_audit_events"]).await
    }
}
