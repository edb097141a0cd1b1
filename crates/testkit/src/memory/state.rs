use std::collections::BTreeMap;

use cotenant_domain::addresses::{AddressChange, AddressChangeId};
use cotenant_domain::audit::AuditEvent;
use cotenant_domain::identity::{NewOperatorSession, PasswordHash, Person, Session, SessionId, UserId};
use cotenant_domain::invitations::{Invitation, InvitationId};
use cotenant_domain::jobs::{JobId, JobRecord};
use cotenant_domain::members::{Membership, RoleGrant};
use cotenant_domain::password_resets::{PasswordReset, PasswordResetId};
use cotenant_domain::platform::{OperatorRecord, PlatformAuditEvent};
use cotenant_domain::products::{Product, ProductId};
use cotenant_domain::roles::{Role, RoleId};
use cotenant_domain::services::{ApiKey, ApiKeyId, ServiceAccount, ServiceAccountId, ServiceGrant};
use cotenant_domain::shared::RepositoryError;
use cotenant_domain::stores::{Store, StoreId};
use cotenant_domain::support::{SupportGrant, SupportGrantId};
use cotenant_domain::tenants::{Tenant, TenantId};
use time::OffsetDateTime;

/// Everything that is stored.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) people: BTreeMap<UserId, (Person, PasswordHash)>,
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    pub(super) operators: BTreeMap<UserId, OperatorRecord>,
    pub(super) operator_sessions: BTreeMap<SessionId, OperatorSession>,
    pub(super) platform_audit: Vec<PlatformAuditEvent>,
    pub(super) platform_jobs: Jobs,
    pub(super) schedules: BTreeMap<String, OffsetDateTime>,
    pub(super) support_grants: BTreeMap<SupportGrantId, SupportGrant>,
    pub(super) address_changes: BTreeMap<AddressChangeId, AddressChange>,
    pub(super) password_resets: BTreeMap<PasswordResetId, PasswordReset>,
    pub(super) bootstrapped: Option<OffsetDateTime>,
    rooms: BTreeMap<TenantId, Room>,
}

/// An operator's session and whether it was ended.
#[derive(Clone)]
pub(super) struct OperatorSession {
    pub(super) begun: NewOperatorSession,
    pub(super) ended_at: Option<OffsetDateTime>,
}

/// Jobs of one owner.
pub(super) type Jobs = BTreeMap<JobId, JobRecord>;

/// A role given at a place: member, role, store.
pub(super) type GrantKey = (UserId, RoleId, Option<StoreId>);

/// When a grant was given, and by which person.
pub(super) type GivenBy = (OffsetDateTime, Option<UserId>);

/// The key under which a grant is kept.
pub(super) fn grant_key(grant: &RoleGrant) -> GrantKey {
    (grant.user_id, grant.role_id, grant.store_id)
}

/// What one tenant owns.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) stores: BTreeMap<StoreId, Store>,
    pub(super) products: BTreeMap<ProductId, Product>,
    pub(super) roles: BTreeMap<RoleId, Role>,
    pub(super) memberships: BTreeMap<UserId, Membership>,
    pub(super) grants: BTreeMap<GrantKey, GivenBy>,
    pub(super) services: BTreeMap<ServiceAccountId, ServiceAccount>,
    pub(super) service_grants: BTreeMap<ServiceGrant, (OffsetDateTime, Option<UserId>)>,
    pub(super) api_keys: BTreeMap<ApiKeyId, ApiKey>,
    pub(super) invitations: BTreeMap<InvitationId, Invitation>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) jobs: Jobs,
    pub(super) audit: Vec<AuditEvent>,
}

/// What a tenant that does not exist owns.
static NOTHING: Room = Room {
    stores: BTreeMap::new(),
    products: BTreeMap::new(),
    roles: BTreeMap::new(),
    memberships: BTreeMap::new(),
    grants: BTreeMap::new(),
    services: BTreeMap::new(),
    service_grants: BTreeMap::new(),
    api_keys: BTreeMap::new(),
    invitations: BTreeMap::new(),
    sessions: BTreeMap::new(),
    jobs: BTreeMap::new(),
    audit: Vec::new(),
};

impl Room {
    /// All that decides what members and service accounts may do: the rows, as a database would count them, and not what they
    /// come to.
    fn deciding(&self) -> impl PartialEq {
        let roles = self.roles.iter().filter(|(_, role)| role.base.version > 1).map(|(id, role)| (*id, role.clone()));
        let gone = self.stores.iter().filter(|(_, store)| store.base.deletion.is_some()).map(|(id, _)| *id);
        let memberships: Vec<_> = self.memberships.values().cloned().collect();
        let services = self.services.values().filter(|account| account.base.version > 1).cloned();
        let services = (services.collect::<Vec<_>>(), self.service_grants.clone());
        (memberships, self.grants.clone(), roles.collect::<Vec<_>>(), gone.collect::<Vec<_>>(), services)
    }
}

impl State {
    /// What the tenant owns.
    pub(super) fn room(&self, tenant: TenantId) -> &Room {
        self.rooms.get(&tenant).unwrap_or(&NOTHING)
    }

    /// What the tenant owns, to be changed; a tenant that does not exist can own nothing.
    pub(super) fn room_mut(&mut self, tenant: TenantId) -> Result<&mut Room, RepositoryError> {
        if !self.tenants.contains_key(&tenant) {
            return Err(RepositoryError::MissingReference);
        }
        Ok(self.rooms.entry(tenant).or_insert_with(|| NOTHING.clone()))
    }

    /// Whether somebody may do more or less than `before`, and their tenant's access version did not rise.
    pub(super) fn changes_rights_unseen(&self, before: &Self) -> bool {
        let version = |state: &Self, tenant| state.tenants.get(tenant).map(|tenant| tenant.access_version);
        self.rooms.iter().any(|(tenant, room)| {
            version(self, tenant) == version(before, tenant) && room.deciding() != before.room(*tenant).deciding()
        })
    }

    /// All rooms, for the doors that look into all.
    pub(super) fn rooms_mut(&mut self) -> impl Iterator<Item = (TenantId, &mut Room)> {
        self.rooms.iter_mut().map(|(tenant, room)| (*tenant, room))
    }
}

/// A conflict on a unique rule.
pub(super) fn conflict<T>(rule: &str) -> Result<T, RepositoryError> {
    Err(RepositoryError::Conflict(rule.to_owned()))
}
