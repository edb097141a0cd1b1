use async_trait::async_trait;
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::services::ApiKeyId;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::support::SupportGrantId;
use cotenant_domain::tenancy::{
    AccessReader, AccessRecord, Holder, KeyAccess, OperatorAccess, Read, Snapshot, SupportAccess, TenantScope, Write,
};
use cotenant_domain::tenants::TenantStatus;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Mode, Transaction};

use super::{operator_access, session_access};
use crate::error::{corrupt, parsed, repository};
use crate::unit::{SeaDatabase, admit};

impl SeaDatabase {
    async fn access_in<M: Mode>(
        &self,
        tx: &Transaction<Tenant, M>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<AccessRecord>, RepositoryError> {
        use session_access::Column;
        let this = [Filter::eq(Column::SessionId, session.as_uuid()), Filter::eq(Column::UserId, user.as_uuid())];
        let find = tx.find::<session_access::Entity>().filter(Filter::all(this));
        let Some(row) = find.one().await.map_err(repository)? else {
            return Ok(None);
        };
        let Some(read) = self.rights.at(row.access_version, tx, row.tenant_id, Holder::Member(user)).await? else {
            return Ok(None);
        };
        Ok(Some(AccessRecord {
            tenant_status: TenantStatus::parse(&row.tenant_status).ok_or(corrupt("tenants.status"))?,
            tenant_expires_at: row.tenant_expires_at,
            tenant_plan: row.tenant_plan.map(|name| parsed("tenants.plan", &name)).transpose()?,
            tenant_epoch: row.tenant_epoch,
            access_version: read.version,
            rights: read.rights,
            session_expires_at: row.session_expires_at,
            session_ended_at: row.session_ended_at,
        }))
    }
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
        self.access_in(&tx, user, session).await
    }

    async fn access_to_read(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        let access = self.access_in(&tx, user, session).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn access_to_write(
        &self,
        scope: &TenantScope<Write>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        let tx = self.scoped.write(admit(scope)).await.map_err(repository)?;
        let access = self.access_in(&tx, user, session).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn key_access(&self, scope: &TenantScope<Read>, key: ApiKeyId) -> Result<Option<KeyAccess>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        self.key_access_in(&tx, key).await
    }

    async fn key_access_to_read(
        &self,
        scope: &TenantScope<Read>,
        key: ApiKeyId,
    ) -> Result<Option<(KeyAccess, Snapshot)>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        let access = self.key_access_in(&tx, key).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn key_access_to_write(
        &self,
        scope: &TenantScope<Write>,
        key: ApiKeyId,
    ) -> Result<Option<(KeyAccess, Snapshot)>, RepositoryError> {
        let tx = self.scoped.write(admit(scope)).await.map_err(repository)?;
        let access = self.key_access_in(&tx, key).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn support_access(
        &self,
        scope: &TenantScope<Read>,
        grant: SupportGrantId,
    ) -> Result<Option<SupportAccess>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        self.support_access_in(&tx, grant).await
    }

    async fn support_access_to_read(
        &self,
        scope: &TenantScope<Read>,
        grant: SupportGrantId,
    ) -> Result<Option<(SupportAccess, Snapshot)>, RepositoryError> {
        let tx = self.scoped.read(admit(scope)).await.map_err(repository)?;
        let access = self.support_access_in(&tx, grant).await?;
        Ok(access.map(|access| (access, Snapshot::keep(tx))))
    }

    async fn support_access_to_write(
        &self,
        scope: &TenantScope<Write>,
        grant: SupportGrantId,
    ) -> Result<Option<(SupportAccess, Snapshot)>, RepositoryError> {
        let tx = self.scoped.write(admit(scope)).await.map_err(repository)?;
        let access = self.support_access_in(&tx, grant).await?;
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
