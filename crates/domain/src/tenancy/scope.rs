use std::any::Any;
use std::collections::BTreeSet;
use std::marker::PhantomData;

use super::origin::Origin;
use super::snapshot::Snapshot;
use crate::cache::Vantage;
use crate::idempotency::Errand;
use crate::identity::UserId;
use crate::services::ServiceAccountId;
use crate::stores::StoreId;
use crate::support::SupportGrantId;
use crate::tenants::TenantId;

/// Marks a scope that reads.
#[derive(Debug, Clone, Copy)]
pub enum Read {}

/// Marks a scope that reads and writes.
#[derive(Debug, Clone, Copy)]
pub enum Write {}

/// The stores a scope reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreSet {
    /// Every store of the tenant, those to come included.
    All,
    /// These stores only.
    Only(BTreeSet<StoreId>),
}

impl StoreSet {
    /// Whether the store is reached.
    pub fn contains(&self, store: StoreId) -> bool {
        match self {
            Self::All => true,
            Self::Only(stores) => stores.contains(&store),
        }
    }

    /// The stores that both reach.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, set) | (set, Self::All) => set.clone(),
            (Self::Only(a), Self::Only(b)) => Self::Only(a & b),
        }
    }
}

/// On whose behalf something is done; the audit log records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// A member of the tenant, or a person about to be one.
    User(UserId),
    /// A service account of the tenant.
    Service(ServiceAccountId),
    /// An operator of the platform.
    Operator(UserId),
    /// An operator at work inside the tenant, under a grant that the tenant sees.
    Support {
        /// The operator.
        operator: UserId,
        /// The grant.
        grant: SupportGrantId,
    },
    /// The system itself, on a job's behalf.
    System,
}

impl Principal {
    /// The person, where it is one.
    pub const fn person(self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Operator(user) | Self::Support { operator: user, .. } => Some(user),
            Self::Service(_) | Self::System => None,
        }
    }
}

/// The right to read (`A` = [`Read`]) or write (`A` = [`Write`]) in one tenant, and in which of its stores.
///
/// # Why there is no public constructor
///
/// A scope is proof that a check was passed. It comes from [`Actor::authorize`](super::Actor::authorize), from a job's
/// envelope or from a verified credential, all inside this crate; Rust's privacy ends at the crate, so nobody else can
/// make one, not even a test. Units of work begin with a scope, and ports take no tenant id: code that forgets the
/// tenant or the permission does not compile.
#[derive(Debug)]
pub struct TenantScope<A> {
    tenant_id: TenantId,
    stores: StoreSet,
    principal: Principal,
    origin: Origin,
    snapshot: Snapshot,
    errand: Option<Errand>,
    access_version: Option<i64>,
    access: PhantomData<fn() -> A>,
}

impl<A> Clone for TenantScope<A> {
    fn clone(&self) -> Self {
        let scope = Self::new(self.tenant_id, self.stores.clone(), self.principal, self.origin.clone());
        let (snapshot, access_version, errand) = (self.snapshot.clone(), self.access_version, self.errand.clone());
        Self { snapshot, access_version, errand, ..scope }
    }
}

impl<A> TenantScope<A> {
    pub(crate) fn new(tenant_id: TenantId, stores: StoreSet, principal: Principal, origin: Origin) -> Self {
        let (snapshot, access_version, errand, access) = (Snapshot::default(), None, None, PhantomData);
        Self { tenant_id, stores, principal, origin, snapshot, access_version, errand, access }
    }

    /// The same right, in the moment in which it was read, when the tenant's access version was this.
    pub(crate) fn within(self, snapshot: Snapshot, access_version: i64) -> Self {
        Self { snapshot, access_version: Some(access_version), ..self }
    }

    /// The same right, for a request that is done once.
    pub(crate) fn doing(self, errand: Option<Errand>) -> Self {
        Self { errand, ..self }
    }

    /// The request that is done once with it, where it is one.
    pub fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// The moment in which the right was read, where it is still open.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The same reach, to read in. Not public: who may write somewhere may not read there by that alone.
    pub(crate) fn to_read(&self) -> TenantScope<Read> {
        TenantScope::new(self.tenant_id, self.stores.clone(), self.principal, self.origin.clone())
    }

    /// The tenant.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The stores in which the permission is held.
    pub fn stores(&self) -> &StoreSet {
        &self.stores
    }

    /// On whose behalf.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same right in those of its stores that are also in `stores`: for an act that needs two permissions.
    #[must_use]
    pub fn narrow(mut self, stores: &StoreSet) -> Self {
        self.stores = self.stores.intersection(stores);
        self
    }
}

impl TenantScope<Read> {
    /// Takes the moment in which the right was read, where it is still open, and tells from where it looks. For the adapter
    /// that kept it, when a unit begins that goes on in it.
    pub fn resume<T: Any>(&self) -> Option<(T, Vantage)> {
        let moment = self.snapshot.take()?;
        Some((moment, Vantage::new(self.tenant_id, self.stores.clone(), self.access_version?)))
    }
}

/// The right to work on the platform's own records: tenants, operators, the platform's audit log. It reaches nothing that
/// a tenant owns. Made only by this crate, for an operator or for the one-time bootstrap.
#[derive(Debug, Clone)]
pub struct PlatformScope {
    principal: Principal,
    origin: Origin,
    errand: Option<Errand>,
}

impl PlatformScope {
    pub(crate) fn new(principal: Principal, origin: Origin) -> Self {
        Self { principal, origin, errand: None }
    }

    /// The same right, for a request that is done once.
    pub(crate) fn doing(self, errand: Option<Errand>) -> Self {
        Self { errand, ..self }
    }

    /// The request that is done once with it, where it is one.
    pub fn errand(&self) -> Option<&Errand> {
        self.errand.as_ref()
    }

    /// On whose behalf.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// From where.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}
