use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The hash chain of the tenants' audit logs.
///
/// The chain begins after the events that are there: SQLite cannot compute SHA-256, and a chain that is laid over old events
/// afterwards would vouch for what nobody guarded. Those keep no hash; exports and their verification say so.
///
/// No trigger keeps a head from going back, since a head that did is found at once: the next event would take a place that
/// is taken, which the primary key of the log refuses.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE audit_heads ADD COLUMN hash {bytes} CHECK (length(hash) = 32)").await?;
        sql.both("ALTER TABLE audit_events ADD COLUMN hash {bytes} CHECK (length(hash) = 32)").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE audit_events DROP COLUMN hash").await?;
        sql.both("ALTER TABLE audit_heads DROP COLUMN hash").await
    }
}
