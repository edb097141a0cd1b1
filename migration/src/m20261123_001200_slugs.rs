use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// A slug changes without locking its tenant against references.
///
/// PostgreSQL takes a column of a whole unique index for a key that others may refer to, so that changing it waits for, and
/// is waited for by, everybody who refers to the row; who holds the tenant's place in the audit log is among them, and the
/// two waited for each other. A partial index is no such key. Its condition always holds.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.postgres("DROP INDEX tenants_slug_key_unique").await?;
        sql.postgres("CREATE UNIQUE INDEX tenants_slug_key_unique ON tenants (slug_key) WHERE slug_key IS NOT NULL")
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.postgres("DROP INDEX tenants_slug_key_unique").await?;
        sql.postgres("CREATE UNIQUE INDEX tenants_slug_key_unique ON tenants (slug_key)").await
    }
}
