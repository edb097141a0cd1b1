use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// People end sessions of their own in whatever tenants: a new password ends those that the old one began.
///
/// The person door sees which sessions are the verified person's and may set their end, nothing else of them. An ended one
/// is never opened again.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        // A person's open sessions in all tenants, so this index does not lead with one.
        sql.both("CREATE INDEX sessions_person ON sessions (user_id) WHERE ended_at IS NULL").await?;
        let own = "user_id = NULLIF(current_setting('app.person_id', true), '')::uuid";
        sql.postgres(&format!(
            "CREATE POLICY person_wall ON sessions TO cotenant_person \
             USING ({own}) WITH CHECK ({own} AND ended_at IS NOT NULL)"
        ))
        .await?;
        sql.postgres("GRANT SELECT (tenant_id, id, user_id, ended_at) ON sessions TO cotenant_person").await?;
        sql.postgres("GRANT UPDATE (ended_at) ON sessions TO cotenant_person").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.postgres("REVOKE UPDATE (ended_at) ON sessions FROM cotenant_person").await?;
        sql.postgres("REVOKE SELECT (tenant_id, id, user_id, ended_at) ON sessions FROM cotenant_person").await?;
        sql.postgres("DROP POLICY person_wall ON sessions").await?;
        sql.both("DROP INDEX sessions_person").await
    }
}
