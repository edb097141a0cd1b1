use sea_orm_migration::prelude::*;

use crate::dialect::Dialect;
use crate::m20261123_000600_roles::{folds, sessions_with_grants};

/// What a request asks about its session apart from what a member may do, which is asked again only when the tenant's
/// access version has risen: two tables at each request instead of nine.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW member_access").await?;
        let (security, list, store_list) = folds(&sql);
        session_access(&sql).await?;
        // The version is of the same statement as the rights: that is what makes it theirs.
        sql.both(&format!(
            "CREATE VIEW member_access {security} AS
             SELECT m.tenant_id, m.user_id, t.access_version, m.status, m.epoch,
                    (SELECT {list} FROM user_roles g
                       JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                      WHERE g.tenant_id = m.tenant_id AND g.user_id = m.user_id) AS grants,
                    (SELECT {store_list} FROM user_store_roles g
                       JOIN roles r ON r.tenant_id = g.tenant_id AND r.id = g.role_id AND r.deleted_at IS NULL
                       JOIN stores p ON p.tenant_id = g.tenant_id AND p.id = g.store_id AND p.deleted_at IS NULL
                      WHERE g.tenant_id = m.tenant_id AND g.user_id = m.user_id) AS store_grants
             FROM tenant_users m
             JOIN tenants t ON t.id = m.tenant_id"
        ))
        .await?;
        // Only the view before this one showed a tenant its people's epochs.
        sql.postgres("REVOKE SELECT (epoch) ON users FROM cotenant_tenant").await?;
        sql.postgres("GRANT SELECT ON member_access TO cotenant_tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = Dialect::new(manager);
        sql.both("DROP VIEW member_access").await?;
        sql.both("DROP VIEW session_access").await?;
        sql.postgres("GRANT SELECT (epoch) ON users TO cotenant_tenant").await?;
        sessions_with_grants(&sql).await
    }
}

/// The view of what a request asks about its session.
pub(crate) async fn session_access(sql: &Dialect<'_>) -> Result<(), DbErr> {
    let (security, ..) = folds(sql);
    sql.both(&format!(
        "CREATE VIEW session_access {security} AS
         SELECT s.tenant_id, s.id AS session_id, s.user_id,
                s.expires_at AS session_expires_at, s.ended_at AS session_ended_at,
                t.status AS tenant_status, t.expires_at AS tenant_expires_at, t.epoch AS tenant_epoch,
                t.access_version
         FROM sessions s
         JOIN tenants t ON t.id = s.tenant_id AND t.deleted_at IS NULL"
    ))
    .await?;
    sql.postgres("GRANT SELECT ON session_access TO cotenant_tenant").await
}
