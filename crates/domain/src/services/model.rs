use crate::roles::RoleId;
use crate::shared::{Description, Id, Name};
use crate::stores::StoreId;
use crate::tenancy::{Base, BaseEntity, Deletion, TenantBase, TenantScoped};
use crate::tenants::TenantId;

/// The id of a service account.
pub type ServiceAccountId = Id<ServiceAccount>;

/// Whether a service account is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceStatus {
    /// In use.
    Active,
    /// Paused: its keys are refused and its roles stay. Unlike a member's tokens, which live for an hour, keys work again
    /// when it is active again: to end a key, it is revoked.
    Disabled,
}

impl ServiceStatus {
    /// The stored form: `active`, `disabled`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Active, Self::Disabled].into_iter().find(|status| status.as_str() == stored)
    }
}

/// A program that acts in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// What it has as an entity of the tenant.
    pub base: TenantBase<ServiceAccount>,
    /// Unique in the tenant while it is not deleted, whatever the case.
    pub name: Name,
    /// What it is for.
    pub description: Option<Description>,
    /// Whether it is in use.
    pub status: ServiceStatus,
}

impl BaseEntity for ServiceAccount {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

impl TenantScoped for ServiceAccount {
    fn tenant_id(&self) -> TenantId {
        self.base.tenant_id
    }

    fn deletion(&self) -> Option<&Deletion> {
        self.base.deletion.as_ref()
    }
}

/// A role given to a service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceGrant {
    /// The account.
    pub account_id: ServiceAccountId,
    /// The role.
    pub role_id: RoleId,
    /// The store it is given at; `None` is tenant-wide.
    pub store_id: Option<StoreId>,
}

/// A service account with its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The account.
    pub account: ServiceAccount,
    /// The roles, of live roles and at live stores only.
    pub grants: Vec<ServiceGrant>,
}
