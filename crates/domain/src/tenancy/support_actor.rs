use std::collections::BTreeSet;
use std::ops::Deref;

use time::OffsetDateTime;

use super::actor::Actor;
use super::opaque::TokenHash;
use super::origin::Origin;
use super::scope::{Principal, StoreSet, TenantScope, Write};
use super::snapshot::Snapshot;
use crate::idempotency::Errand;
use crate::identity::UserId;
use crate::support::SupportGrantId;
use crate::tenants::TenantId;

/// An actor that is an operator under a support grant. Made only by [`authenticate`](super::authenticate()).
#[derive(Debug, Clone)]
pub struct SupportActor {
    actor: Actor,
    used: UsedGrant,
}

/// A grant whose token was shown and is good: what is noted of its use.
#[derive(Debug, Clone)]
pub struct UsedGrant {
    tenant_id: TenantId,
    operator_id: UserId,
    grant_id: SupportGrantId,
    hash: TokenHash,
    at: OffsetDateTime,
    origin: Origin,
}

impl SupportActor {
    pub(super) fn new(
        actor: Actor,
        operator_id: UserId,
        grant_id: SupportGrantId,
        hash: TokenHash,
        at: OffsetDateTime,
    ) -> Self {
        let (tenant_id, origin) = (actor.tenant_id(), actor.origin().clone());
        Self { actor, used: UsedGrant { tenant_id, operator_id, grant_id, hash, at, origin } }
    }

    /// The same, in the moment in which the access was read.
    pub(super) fn within(self, snapshot: Snapshot) -> Self {
        Self { actor: self.actor.within(snapshot), ..self }
    }

    /// The same, who asks for something that is done once.
    pub(super) fn doing(self, errand: Errand) -> Self {
        Self { actor: self.actor.doing(errand), ..self }
    }

    /// Whose grant it is.
    pub fn operator_id(&self) -> UserId {
        self.used.operator_id
    }

    /// The grant.
    pub fn grant_id(&self) -> SupportGrantId {
        self.used.grant_id
    }

    /// What is noted of this use of the grant.
    pub fn used_grant(&self) -> &UsedGrant {
        &self.used
    }
}

impl Deref for SupportActor {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl UsedGrant {
    /// The grant.
    pub fn grant_id(&self) -> SupportGrantId {
        self.grant_id
    }

    /// By which it was recognised.
    pub fn hash(&self) -> TokenHash {
        self.hash
    }

    /// When it was used.
    pub fn at(&self) -> OffsetDateTime {
        self.at
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The right to note the use, in the tenant and no store, apart from the request.
    pub(crate) fn scope(&self) -> TenantScope<Write> {
        let none = StoreSet::Only(BTreeSet::new());
        let principal = Principal::Support { operator: self.operator_id, grant: self.grant_id };
        TenantScope::new(self.tenant_id, none, principal, self.origin.clone())
    }
}
