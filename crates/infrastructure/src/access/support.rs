use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_domain::support::SupportGrantId;
use cotenant_domain::tenancy::SupportAccess;
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Mode, Transaction};

use super::support_access::{Column, Entity};
use super::token_hash;
use crate::error::{corrupt, parsed, repository};
use crate::unit::SeaDatabase;

impl SeaDatabase {
    pub(super) async fn support_access_in<M: Mode>(
        &self,
        tx: &Transaction<Tenant, M>,
        grant: SupportGrantId,
    ) -> Result<Option<SupportAccess>, RepositoryError> {
        let this = Filter::eq(Column::GrantId, grant.as_uuid());
        let Some(row) = tx.find::<Entity>().filter(this).one().await.map_err(repository)? else {
            return Ok(None);
        };
        Ok(Some(SupportAccess {
            tenant_status: TenantStatus::parse(&row.tenant_status).ok_or(corrupt("tenants.status"))?,
            tenant_expires_at: row.tenant_expires_at,
            tenant_plan: row.tenant_plan.map(|name| parsed("tenants.plan", &name)).transpose()?,
            tenant_epoch: row.tenant_epoch,
            granted_at_epoch: row.granted_at_epoch,
            access_version: row.access_version,
            operator_id: Id::new(row.operator_id),
            may_write: row.may_write,
            hash: token_hash("support_grants.hash", row.hash)?,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
        }))
    }
}
