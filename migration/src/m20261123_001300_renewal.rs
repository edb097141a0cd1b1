use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;
use crate::m20261123_000400_memberships::sessions;
use crate::m20261123_001100_access::session_access;

/// Sessions that are renewed, and know where they were used.
///
/// The table is made anew: what it held lived for an hour at most and cannot be renewed, so everybody signs in again.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW session_access").await?;
        sql.drop_tables(&["sessions"]).await?;
        sql.both(
            "CREATE TABLE sessions (
                tenant_id {uuid} NOT NULL,
                id {uuid} NOT NULL,
                user_id {uuid} NOT NULL,
                membership_epoch bigint NOT NULL,
                tenant_epoch bigint NOT NULL,
                agent text,
                address text,
                created_at {instant} NOT NULL,
                last_used_at {instant} NOT NULL,
                idle_expires_at {instant} NOT NULL,
                expires_at {instant} NOT NULL,
                ended_at {instant},
                family_hash {bytes} NOT NULL,
                refresh_hash {bytes} NOT NULL,
                previous_hash {bytes},
                previous_salt {bytes},
                previous_used_at {instant},
                CONSTRAINT sessions_id_unique PRIMARY KEY (tenant_id, id),
                FOREIGN KEY (tenant_id, user_id) REFERENCES tenant_users (tenant_id, user_id),
                CHECK ((previous_hash IS NULL) = (previous_salt IS NULL)),
                CHECK ((previous_hash IS NULL) = (previous_used_at IS NULL))
            )",
        )
        .await?;
        sql.both("CREATE INDEX sessions_user ON sessions (tenant_id, user_id)").await?;
        sql.tenant_wall("sessions", "SELECT, INSERT, UPDATE").await?;
        session_access(&sql).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW session_access").await?;
        sql.drop_tables(&["sessions"]).await?;
        sessions(&sql).await?;
        session_access(&sql).await
    }
}
