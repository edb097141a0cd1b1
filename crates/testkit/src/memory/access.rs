use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::members::{MembershipStatus, RoleGrant};
use cotenant_domain::roles::RoleId;
use cotenant_domain::services::{ApiKeyId, ServiceAccountId, ServiceGrant, ServiceStatus};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::StoreId;
use cotenant_domain::support::SupportGrantId;
use cotenant_domain::tenancy::{
    AccessReader, AccessRecord, Grant, KeyAccess, OperatorAccess, Read, Rights, Snapshot, StoreSet, SupportAccess,
    TenantScope,
};
use cotenant_domain::tenants::TenantId;

use super::database::MemoryDatabase;
use super::state::{Room, State};

fn role_lives(room: &Room, role: RoleId) -> bool {
    room.roles.get(&role).is_some_and(|role| role.base.deletion.is_none())
}

fn store_lives(room: &Room, store: Option<StoreId>, reach: &StoreSet) -> bool {
    store.is_none_or(|id| reach.contains(id) && room.stores.get(&id).is_some_and(|store| store.base.deletion.is_none()))
}

/// The member's grants of live roles at live stores within reach.
pub(super) fn grants_in_force(room: &Room, user: UserId, reach: &StoreSet) -> Vec<RoleGrant> {
    let all = room.grants.keys().filter(|(holder, ..)| *holder == user);
    all.map(|(user_id, role_id, store_id)| RoleGrant { user_id: *user_id, role_id: *role_id, store_id: *store_id })
        .filter(|grant| role_lives(room, grant.role_id) && store_lives(room, grant.store_id, reach))
        .collect()
}

/// The service account's.
pub(super) fn service_grants(room: &Room, account: ServiceAccountId, reach: &StoreSet) -> Vec<ServiceGrant> {
    let own = room.service_grants.keys().filter(|grant| grant.account_id == account);
    own.filter(|grant| role_lives(room, grant.role_id) && store_lives(room, grant.store_id, reach)).copied().collect()
}

fn grants(room: &Room, held: impl Iterator<Item = (RoleId, Option<StoreId>)>) -> Vec<Grant> {
    let permissions = |role| room.roles.get(&role).map(|role| role.permissions);
    held.filter_map(|(role, store)| Some(Grant { store, permissions: permissions(role)? })).collect()
}

/// What a member may do.
pub(super) fn rights(room: &Room, user: UserId) -> Option<Rights> {
    let membership = room.memberships.get(&user)?;
    let held = grants_in_force(room, user, &StoreSet::All);
    let held = held.iter().map(|grant| (grant.role_id, grant.store_id));
    Some(Rights { status: membership.status, epoch: membership.epoch, grants: grants(room, held) })
}

/// What a live service account may do.
pub(super) fn service_rights(room: &Room, id: ServiceAccountId) -> Option<Rights> {
    let account = room.services.get(&id).filter(|account| account.base.deletion.is_none())?;
    let status = match account.status {
        ServiceStatus::Active => MembershipStatus::Active,
        ServiceStatus::Disabled => MembershipStatus::Suspended,
    };
    let held = service_grants(room, id, &StoreSet::All);
    let held = held.iter().map(|grant| (grant.role_id, grant.store_id));
    Some(Rights { status, epoch: 0, grants: grants(room, held) })
}

fn key_access(state: &State, tenant: TenantId, key: ApiKeyId) -> Option<KeyAccess> {
    let room = state.room(tenant);
    let tenant = state.tenants.get(&tenant).filter(|tenant| tenant.deletion.is_none())?;
    let key = room.api_keys.get(&key)?;
    Some(KeyAccess {
        tenant_status: tenant.status,
        tenant_expires_at: tenant.expires_at,
        tenant_plan: tenant.plan.clone(),
        access_version: tenant.access_version,
        account_id: key.account_id,
        rights: Arc::new(service_rights(room, key.account_id)?),
        hash: key.hash,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
    })
}

fn support_access(state: &State, tenant: TenantId, grant: SupportGrantId) -> Option<SupportAccess> {
    let grant = state.support_grants.get(&grant).filter(|grant| grant.tenant_id == tenant)?;
    let tenant = state.tenants.get(&tenant).filter(|tenant| tenant.deletion.is_none())?;
    Some(SupportAccess {
        tenant_status: tenant.status,
        tenant_expires_at: tenant.expires_at,
        tenant_plan: tenant.plan.clone(),
        tenant_epoch: tenant.epoch,
        granted_at_epoch: grant.tenant_epoch,
        access_version: tenant.access_version,
        operator_id: grant.operator_id,
        may_write: grant.may_write,
        hash: grant.hash,
        expires_at: grant.expires_at,
        ended_at: grant.end.map(|end| end.at),
    })
}

fn access(state: &State, tenant: TenantId, user: UserId, session: SessionId) -> Option<AccessRecord> {
    let room = state.room(tenant);
    let tenant = state.tenants.get(&tenant).filter(|tenant| tenant.deletion.is_none())?;
    let session = room.sessions.get(&session).filter(|session| session.user_id == user)?;
    let rights = Arc::new(rights(room, user)?);
    Some(AccessRecord {
        tenant_status: tenant.status,
        tenant_expires_at: tenant.expires_at,
        tenant_plan: tenant.plan.clone(),
        tenant_epoch: tenant.epoch,
        access_version: tenant.access_version,
        rights,
        session_expires_at: session.expires_at,
        session_ended_at: session.ended_at,
    })
}

fn operator(state: &State, user: UserId, session: SessionId) -> Option<OperatorAccess> {
    state.operators.get(&user)?;
    let (person, _) = state.people.get(&user)?;
    let session = state.operator_sessions.get(&session).filter(|session| session.begun.user_id == user)?;
    Some(OperatorAccess {
        person_epoch: person.epoch,
        session_expires_at: session.begun.expires_at,
        session_ended_at: session.ended_at,
    })
}

#[async_trait]
impl AccessReader for MemoryDatabase {
    async fn access(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<AccessRecord>, RepositoryError> {
        self.reader().read(|state| access(state, scope.tenant_id(), user, session))
    }

    async fn access_to_read(
        &self,
        scope: &TenantScope<Read>,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<(AccessRecord, Snapshot)>, RepositoryError> {
        let work = self.reader();
        let access = work.read(|state| access(state, scope.tenant_id(), user, session))?;
        Ok(access.map(|access| (access, Snapshot::keep(work))))
    }

    async fn key_access(&self, scope: &TenantScope<Read>, key: ApiKeyId) -> Result<Option<KeyAccess>, RepositoryError> {
        self.reader().read(|state| key_access(state, scope.tenant_id(), key))
    }

    async fn support_access(
        &self,
        scope: &TenantScope<Read>,
        grant: SupportGrantId,
    ) -> Result<Option<SupportAccess>, RepositoryError> {
        self.reader().read(|state| support_access(state, scope.tenant_id(), grant))
    }

    async fn operator_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<OperatorAccess>, RepositoryError> {
        self.reader().read(|state| operator(state, user, session))
    }
}
