use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;

/// The plan that was chosen for a tenant; null is the one that the settings name. The views of what a request asks about its
/// session, key or grant bring it along.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("ALTER TABLE tenants ADD COLUMN plan TEXT CHECK (length(plan) BETWEEN 2 AND 63)").await?;
        views(&sql, ", t.plan AS tenant_plan").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        views(&sql, "").await?;
        sql.both("ALTER TABLE tenants DROP COLUMN plan").await
    }
}

/// Makes the three views anew, with further columns of the tenant.
async fn views(sql: &Dialect<'_>, further: &str) -> Result<(), DbErr> {
    let security = if sql.is_postgres() { "WITH (security_invoker = true)" } else { "" };
    let session = format!(
        "CREATE VIEW session_access {security} AS
         SELECT s.tenant_id, s.id AS session_id, s.user_id,
                s.expires_at AS session_expires_at, s.ended_at AS session_ended_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch,
                t.access_version{further}
         FROM sessions s
         JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL"
    );
    let key = format!(
        "CREATE VIEW api_key_access {security} AS
         SELECT k.tenant_id, k.id AS key_id, k.service_account_id, k.hash, k.expires_at, k.revoked_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.access_version{further}
         FROM api_keys k
         JOIN tenants t ON t.id = k.tenant_id AND t.deleted_at IS NULL"
    );
    let support = format!(
        "CREATE VIEW support_access {security} AS
         SELECT g.tenant_id, g.id AS grant_id, g.operator_id, g.may_write, g.hash,
                g.tenant_epoch AS granted_at_epoch, g.expires_at, g.ended_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch,
                t.access_version{further}
         FROM support_grants g
         JOIN tenants t ON t.id = g.tenant_id AND t.deleted_at IS NULL"
    );
    for (name, view) in [("session_access", session), ("api_key_access", key), ("support_access", support)] {
        sql.both(&format!("DROP VIEW {name}")).await?;
        sql.both(&view).await?;
        sql.postgres(&format!("GRANT SELECT ON {name} TO cotenant_tenant")).await?;
    }
    Ok(())
}
