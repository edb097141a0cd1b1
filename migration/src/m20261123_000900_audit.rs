use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The tenants' audit logs, and the head of each: its last place.
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
            "CREATE TABLE audit_heads (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                seq bigint NOT NULL,
                CONSTRAINT audit_heads_tenant_id_unique PRIMARY KEY (tenant_id)
            )",
        )
        .await?;
        sql.both(
            "CREATE TABLE audit_events (
                tenant_id {uuid} NOT NULL REFERENCES tenants (id),
                seq bigint NOT NULL CHECK (seq > 0),
                id {uuid} NOT NULL,
                at {instant} NOT NULL,
                actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'operator', 'system')),
                actor_id {uuid},
                action text NOT NULL,
                object_kind text NOT NULL,
                object_id {uuid} NOT NULL,
                detail text NOT NULL,
                request_id text,
                address text,
                agent text,
                CONSTRAINT audit_events_seq_unique PRIMARY KEY (tenant_id, seq)
            )",
        )
        .await?;
        sql.both("CREATE INDEX audit_events_object ON audit_events (tenant_id, object_id, seq)").await?;
        sql.both("CREATE INDEX audit_events_actor ON audit_events (tenant_id, actor_id, seq)").await?;
        for event in ["UPDATE", "DELETE"] {
            sql.sqlite(&format!(
                "CREATE TRIGGER audit_events_no_{event} BEFORE {event} ON audit_events \
                 BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            ))
            .await?;
        }
        sql.tenant_wall("audit_heads", "SELECT, INSERT, UPDATE").await?;
        // Append-only: no right to change or delete exists.
        sql.tenant_wall("audit_events", "SELECT, INSERT").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        Dialect::new(manager).drop_tables(&["audit_heads", "audit_events"]).await
    }
}
