use std::sync::Arc;

use async_trait::async_trait;
use cotenant_domain::identity::{SessionId, UserId};
use cotenant_domain::members::RoleGrant;
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::tenancy::{
    AccessReader, AccessRecord, Grant, OperatorAccess, Read, Rights, StoreSet, TenantScope,
};
use cotenant_domain::tenants::TenantId;

use super::database::MemoryDatabase;
use super::state::{Room, State};

/// The member's grants of live roles at live stores within reach.
pub(super) fn grants_in_force(room: &Room, user: UserId, reach: &StoreSet) -> Vec<RoleGrant> {
    let role_lives =
        |grant: &RoleGrant| room.roles.get(&grant.role_id).is_some_and(|role| role.base.deletion.is_none());
    let store_lives = |grant: &RoleGrant| {
        grant.store_id.is_none_or(|id| {
            reach.contains(id) && room.stores.get(&id).is_some_and(|store| store.base.deletion.is_none())
        })
    };
    let all = room.grants.keys().filter(|(holder, ..)| *holder == user);
    all.map(|(user_id, role_id, store_id)| RoleGrant { user_id: *user_id, role_id: *role_id, store_id: *store_id })
        .filter(|grant| role_lives(grant) && store_lives(grant))
        .collect()
}

fn grants(room: &Room, user: UserId) -> Vec<Grant> {
    let permissions = |grant: &RoleGrant| room.roles.get(&grant.role_id).map(|role| role.permissions);
    let in_force = grants_in_force(room, user, &StoreSet::All);
    let with_permissions = in_force.iter().filter_map(|grant| Some((grant.store_id, permissions(grant)?)));
    with_permissions.map(|(store, permissions)| Grant { store, permissions }).collect()
}

/// What a member may do.
pub(super) fn rights(room: &Room, user: UserId) -> Option<Rights> {
    let membership = room.memberships.get(&user)?;
    Some(Rights { status: membership.status, epoch: membership.epoch, grants: grants(room, user) })
}

fn access(state: &State, tenant: TenantId, user: UserId, session: SessionId) -> Option<AccessRecord> {
    let room = state.room(tenant);
    let tenant = state.tenants.get(&tenant).filter(|tenant| tenant.deletion.is_none())?;
    let session = room.sessions.get(&session).filter(|session| session.user_id == user)?;
    let rights = Arc::new(rights(room, user)?);
    Some(AccessRecord {
        tenant_status: tenant.status,
        tenant_expires_at: tenant.expires_at,
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

    async fn operator_session(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<Option<OperatorAccess>, RepositoryError> {
        self.reader().read(|state| operator(state, user, session))
    }
}
