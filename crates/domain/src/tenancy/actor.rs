use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(test)]
use super::access::Grant;
use super::access::Rights;
use super::holder::Holder;
use super::holdings::Holdings;
use super::origin::Origin;
use super::permission::{Needs, Permission, PermissionSet};
use super::scope::{PlatformScope, Principal, Read, StoreSet, TenantScope, Write};
use super::snapshot::Snapshot;
use crate::idempotency::Errand;
use crate::identity::{SessionId, UserId};
#[cfg(test)]
use crate::members::MembershipStatus;
use crate::shared::{Fault, FaultKind, PlanName, Reason};
use crate::stores::StoreId;
use crate::tenants::TenantId;

/// Whether a tenant is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In use.
    Active,
    /// Suspended, expired or closing: its members can see who they are, switch and sign out, nothing else.
    Suspended,
}

/// Why [`Actor::authorize`] refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The permission is held nowhere in the tenant.
    #[error("this needs the permission {0}")]
    Forbidden(Permission),
    /// The tenant is suspended.
    #[error("the tenant is suspended")]
    TenantSuspended,
    /// Whoever acts is a service account or support, and this is for who is signed in to the tenant.
    #[error("this is done by somebody who is signed in")]
    PeopleOnly,
    /// What the one who acts may do was changed while the request was under way.
    #[error("your own rights were changed meanwhile")]
    RightsChanged,
}

impl Fault for Denied {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Forbidden(_) | Self::TenantSuspended | Self::PeopleOnly => FaultKind::Forbidden,
            Self::RightsChanged => FaultKind::Conflict,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Forbidden(_) => "forbidden",
            Self::TenantSuspended => "tenant_suspended",
            Self::PeopleOnly => "people_only",
            Self::RightsChanged => "rights_changed",
        }
    }
}

/// Somebody who acts in a tenant, a signed-in member, a service account or support, with the permissions held at this very
/// request.
///
/// Made only by [`authenticate`](super::authenticate()): an actor that exists was verified. What is for members alone takes a
/// [`MemberActor`](super::MemberActor).
#[derive(Debug, Clone)]
pub struct Actor {
    holder: Holder,
    tenant_id: TenantId,
    standing: Standing,
    plan: Option<PlanName>,
    access_version: i64,
    epoch: i64,
    held: Holdings,
    origin: Origin,
    snapshot: Snapshot,
    errand: Option<Errand>,
    refused: Arc<Mutex<Option<Permission>>>,
}

/// Whether somebody who holds this may do what needs a permission, in a tenant of this standing, and at which stores.
///
/// # Errors
///
/// [`Denied`] where they may not.
pub(crate) fn decide(
    holder: Holder,
    standing: Standing,
    held: &Holdings,
    needed: Permission,
) -> Result<StoreSet, Denied> {
    match (standing, holder) {
        (Standing::Suspended, _) => Err(Denied::TenantSuspended),
        (Standing::Active, Holder::Service(_) | Holder::Support { .. }) if needed.is_for_people() => {
            Err(Denied::PeopleOnly)
        }
        (Standing::Active, _) => held.reach(needed).ok_or(Denied::Forbidden(needed)),
    }
}

impl Actor {
    pub(super) fn new(
        holder: Holder,
        tenant_id: TenantId,
        standing: Standing,
        access_version: i64,
        rights: &Rights,
        origin: Origin,
    ) -> Self {
        Self {
            holder,
            tenant_id,
            standing,
            plan: None,
            access_version,
            epoch: rights.epoch,
            held: Holdings::of(&rights.grants),
            origin,
            snapshot: Snapshot::default(),
            errand: None,
            refused: Arc::default(),
        }
    }

    /// The same actor, in a tenant with this plan.
    pub(super) fn on(self, plan: Option<PlanName>) -> Self {
        Self { plan, ..self }
    }

    /// The same actor, in the moment in which the access was read.
    pub(super) fn within(self, snapshot: Snapshot) -> Self {
        Self { snapshot, ..self }
    }

    /// The same actor, who asks for something that is done once: what they are authorised to write carries it to the unit.
    pub(super) fn doing(self, errand: Errand) -> Self {
        Self { errand: Some(errand), ..self }
    }

    /// An actor to hold pure rules against.
    #[cfg(test)]
    pub(crate) fn for_rules(user_id: UserId, tenant_id: TenantId, grants: &[Grant]) -> Self {
        let rights = Rights { status: MembershipStatus::Active, epoch: 1, grants: grants.to_vec() };
        Self::new(Holder::Member(user_id), tenant_id, Standing::Active, 1, &rights, Origin::default())
    }

    /// Who acts.
    pub fn holder(&self) -> Holder {
        self.holder
    }

    /// The tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The tenant's access version at which the rights were read.
    pub(super) fn access_version(&self) -> i64 {
        self.access_version
    }

    /// Whether rights, read anew, are those that the request began with.
    pub(super) fn still_has(&self, rights: &Rights) -> bool {
        rights.in_force() && rights.epoch == self.epoch && Holdings::of(&rights.grants) == self.held
    }

    /// Whether the tenant is in use.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// The plan that was chosen for the tenant.
    pub fn plan(&self) -> Option<&PlanName> {
        self.plan.as_ref()
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The permissions held in the whole tenant.
    pub fn permissions(&self) -> PermissionSet {
        self.held.everywhere()
    }

    /// The permissions held at single stores, beside those held everywhere.
    pub fn store_permissions(&self) -> &BTreeMap<StoreId, PermissionSet> {
        self.held.at_stores()
    }

    /// The permissions held at `store`, or in the whole tenant where `store` is `None`.
    pub fn held(&self, store: Option<StoreId>) -> PermissionSet {
        self.held.at(store)
    }

    /// The permission that was refused last, where one was. Every use case's error says so too, but each in its own type; who
    /// answers a request for all of them asks here.
    pub fn refused(&self) -> Option<Permission> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, denied: Denied) {
        if let Denied::Forbidden(permission) = denied {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(permission);
        }
    }

    /// The scope in which the actor holds a permission: the tenant, and exactly the stores where it is held.
    ///
    /// # Errors
    ///
    /// [`Denied`] where it is held nowhere, where it is for people and a service account or support asks, or the tenant is
    /// suspended.
    pub fn authorize<N: Needs>(&self, _: N) -> Result<TenantScope<N::Access>, Denied> {
        let decided = decide(self.holder, self.standing, &self.held, N::PERMISSION);
        let stores = decided.inspect_err(|denied| self.refuse(*denied))?;
        let scope = TenantScope::new(self.tenant_id, stores, self.holder.into(), self.origin.clone());
        Ok(scope.within(self.snapshot.clone(), self.access_version).doing(self.errand.clone()))
    }

    /// A scope that reaches the tenant and no store: for what a member does with their own session, and for the record of
    /// what was refused.
    pub(crate) fn bare_scope<A>(&self) -> TenantScope<A> {
        let none = StoreSet::Only(BTreeSet::new());
        let scope = TenantScope::new(self.tenant_id, none, self.holder.into(), self.origin.clone());
        scope.within(self.snapshot.clone(), self.access_version)
    }

    /// A scope for what somebody reads of their own rights. Like [`Actor::bare_scope`] it needs no permission and works in a
    /// suspended tenant; it reaches every store that some permission of theirs reaches, and no other.
    pub(crate) fn own_reach(&self) -> TenantScope<Read> {
        let at_stores = || StoreSet::Only(self.held.at_stores().keys().copied().collect());
        let stores = if self.held.everywhere().is_empty() { at_stores() } else { StoreSet::All };
        let scope = TenantScope::new(self.tenant_id, stores, self.holder.into(), self.origin.clone());
        scope.within(self.snapshot.clone(), self.access_version)
    }
}

/// A signed-in operator of the platform. Made only by [`authenticate_operator`](super::authenticate_operator()).
#[derive(Debug, Clone)]
pub struct Operator {
    user_id: UserId,
    session_id: SessionId,
    person_epoch: i64,
    origin: Origin,
    errand: Option<Errand>,
}

impl Operator {
    pub(super) fn new(user_id: UserId, session_id: SessionId, person_epoch: i64, origin: Origin) -> Self {
        Self { user_id, session_id, person_epoch, origin, errand: None }
    }

    /// The same operator, who asks for something that is done once.
    #[must_use]
    pub fn doing(self, errand: Errand) -> Self {
        Self { errand: Some(errand), ..self }
    }

    /// The person.
    pub fn user_id(&self) -> UserId {
        self.user_id
    }

    /// The session.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The person's epoch when their session was looked at: at another, their sessions have ended.
    pub(crate) fn person_epoch(&self) -> i64 {
        self.person_epoch
    }

    /// The right to work on the platform's own records.
    pub fn platform(&self) -> PlatformScope {
        PlatformScope::new(Principal::Operator(self.user_id), self.origin.clone()).doing(self.errand.clone())
    }

    /// Steps into a tenant for an act of the platform upon it. The reason goes into the tenant's own audit log together
    /// with the act: the caller records it through [`EnteredTenant::reason`].
    pub(crate) fn enter(&self, tenant: TenantId, reason: Reason) -> EnteredTenant {
        let principal = Principal::Operator(self.user_id);
        EnteredTenant { scope: TenantScope::new(tenant, StoreSet::All, principal, self.origin.clone()), reason }
    }
}

/// A tenant that an operator stepped into, and why.
pub(crate) struct EnteredTenant {
    /// The scope of the act.
    pub(crate) scope: TenantScope<Write>,
    /// Why, for the tenant's audit log.
    pub(crate) reason: Reason,
}
