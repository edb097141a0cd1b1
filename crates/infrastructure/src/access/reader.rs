use async_trait::async_trait;
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::members::MembershipStatus;
use cotenant_domain::roles::read_permissions;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{AccessReader, AccessRecord, Grant, OperatorAccess, Read, Snapshot, TenantScope};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Reading, Transaction};

use super::{member_access, operator_access};
use crate::error::{corrupt, parsed, repository};
use crate::unit::{SeaDatabase, admit};

/// `<codes> <codes>` and `<store> <codes>;<store> <codes>`: see the view `member_access`.
fn grants(everywhere: Option<&str>, at_stores: Option<&str>) -> Result<Vec<Grant>, RepositoryError> {
    let mut grants = Vec::new();
    if let Some(stored) = everywhere {
        grants.push(Grant { store: None, permissions: read_permissions(stored) });
    }
    for grant in at_stores.into_iter().flat_map(|list| list.split(';')) {
        let (store, stored) = grant.split_once(' ').unwrap_or((grant, ""));
        let store = parsed("member_access.store_grants", store)?;
        grants.push(Grant { store: Some(store), permissions: read_permissions(stored) });
    }
    Ok(grants)
}

async fn access_in(
    tx: &Transaction<Tenant, Reading>,
    user: UserId,
    session: SessionId,
) -> Result<Option<AccessRecord>, RepositoryError> {
    use member_access::Column;
    let this = [Filter::eq(Column::SessionId, session.as_uuid()), Filter::eq(Column::UserId, user.as_uuid())];
    let find = tx.find::<member_access::Entity>().filter(Filter::all(this));
    let Some(row) = find.one().await.map_err(repository)? else {
        return Ok(None);
    };
    Ok(Some(AccessRecord {
        tenant_status: TenantStatus::parse(&row.tenant_status).ok_or(corrupt("tenants.status"))?,
        tenant_expires_at: row.tenant_expires_at,
        tenant_epoch: row.tenant_epoch,
        membership_status: MembershipStatus::parse(&row.membership_status).ok_or(corrupt("tenant_users.status"))?,
        membership_epoch: row.membership_epoch,
        person_epoch: row.person_epoch,
        session_expires_at: row.session_expires_at,
        session_ended_at: row.session_ended_at,
        grants: grants(row.grants.as_deref(), row.store_grants.as_deref())?,
    }))
}

#[async_trait]
impl AccessReader for SeaDatabase {
    async fn access(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<AccessRecord>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        access_in(&tx, user, session).await
    }

    async fn access_and_moment(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        let access = access_in(&tx, user, session).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn operator_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<OperatorAccess>, RepositoryError> {
        use operator_access::Column;
        let tx = self.scoped.platform_read().await.map_err(repository)?;
        let this = [Filter::eq(Column::SessionId, session.as_uuid()), Filter::eq(Column::UserId, user.as_uuid())];
        let found = tx.find::<operator_access::Entity>().filter(Filter::all(this)).one().await;
        Ok(found.map_err(repository)?.map(|row| OperatorAccess {
            person_epoch: row.person_epoch,
            session_expires_at: row.session_expires_at,
            session_ended_at: row.session_ended_at,
        }))
    }
}
