use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The roles at PostgreSQL's doors. Roles belong to the cluster: another database may have made them already.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for door in ["tenant", "person", "platform", "dispatcher"] {
            sql.postgres(&format!(
                "DO $$ BEGIN CREATE ROLE cotenant_{door} NOLOGIN NOINHERIT; \
                 EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            ))
            .await?;
            // Two databases of one cluster that migrate at the same moment would update the same catalogue row. From
            // PostgreSQL 16 on, who makes a role becomes a member that may give it away but not yet take it on.
            sql.postgres(&format!(
                "DO $$ BEGIN PERFORM pg_advisory_xact_lock(7239145510276); \
                 IF NOT pg_has_role(session_user, 'cotenant_{door}', \
                        CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) OR \
                    NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid \
                                JOIN pg_roles u ON u.oid = m.member \
                                WHERE r.rolname = 'cotenant_{door}' AND u.rolname = session_user) THEN \
                 EXECUTE format('GRANT cotenant_{door} TO %I', session_user); END IF; \
                 EXCEPTION WHEN unique_violation THEN NULL; END $$"
            ))
            .await?;
            sql.postgres(&format!("GRANT USAGE ON SCHEMA public TO cotenant_{door}")).await?;
        }
        Ok(())
    }

    /// The roles stay: other databases of the cluster may use them, and without grants they can do nothing.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        for door in ["tenant", "person", "platform", "dispatcher"] {
            sql.postgres(&format!("REVOKE USAGE ON SCHEMA public FROM cotenant_{door}")).await?;
        }
        Ok(())
    }
}
