use std::collections::BTreeSet;
use std::ops::Deref;

use time::OffsetDateTime;

use super::actor::Actor;
use super::origin::Origin;
use super::scope::{Principal, StoreSet, TenantScope, Write};
use super::snapshot::Snapshot;
use crate::idempotency::Errand;
use crate::services::{ApiKeyId, KeyHash, ServiceAccountId};
use crate::tenants::TenantId;

/// An actor that is a service account, known by one of its keys. Made only by [`authenticate`](super::authenticate()).
#[derive(Debug, Clone)]
pub struct ServiceActor {
    actor: Actor,
    used: UsedKey,
}

/// A key that was shown and is good: what is noted of its use.
#[derive(Debug, Clone)]
pub struct UsedKey {
    tenant_id: TenantId,
    account_id: ServiceAccountId,
    key_id: ApiKeyId,
    hash: KeyHash,
    at: OffsetDateTime,
    origin: Origin,
}

impl ServiceActor {
    pub(super) fn new(
        actor: Actor,
        account_id: ServiceAccountId,
        key_id: ApiKeyId,
        hash: KeyHash,
        at: OffsetDateTime,
    ) -> Self {
        let (tenant_id, origin) = (actor.tenant_id(), actor.origin().clone());
        Self { actor, used: UsedKey { tenant_id, account_id, key_id, hash, at, origin } }
    }

    /// The same, in the moment in which the access was read.
    pub(super) fn within(self, snapshot: Snapshot) -> Self {
        Self { actor: self.actor.within(snapshot), ..self }
    }

    /// The same, who asks for something that is done once.
    pub(super) fn doing(self, errand: Errand) -> Self {
        Self { actor: self.actor.doing(errand), ..self }
    }

    /// The account.
    pub fn account_id(&self) -> ServiceAccountId {
        self.used.account_id
    }

    /// What is noted of this use of the key.
    pub fn used_key(&self) -> &UsedKey {
        &self.used
    }
}

impl Deref for ServiceActor {
    type Target = Actor;

    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl UsedKey {
    /// Whose it is.
    pub fn account_id(&self) -> ServiceAccountId {
        self.account_id
    }

    /// The key.
    pub fn key_id(&self) -> ApiKeyId {
        self.key_id
    }

    /// By which it was recognised.
    pub fn hash(&self) -> KeyHash {
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

    /// The right to note the use, in the tenant and no store. It is apart from the request: it does not go on in the moment
    /// in which the request's access was read.
    pub(crate) fn scope(&self) -> TenantScope<Write> {
        let none = StoreSet::Only(BTreeSet::new());
        TenantScope::new(self.tenant_id, none, Principal::Service(self.account_id), self.origin.clone())
    }
}
