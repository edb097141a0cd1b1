use crate::shared::{Code, Currency, Id, Name, Timezone};
use crate::tenancy::{Base, BaseEntity, Deletion, TenantBase, TenantScoped};
use crate::tenants::TenantId;

/// The id of a store.
pub type StoreId = Id<Store>;

/// A place of a tenant where business is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// What it has as an entity of the tenant.
    pub base: TenantBase<Store>,
    /// What people call it.
    pub name: Name,
    /// Unique in the tenant while it is not deleted, whatever the case.
    pub code: Code,
    /// Where its days begin and end.
    pub timezone: Timezone,
    /// What it sells in.
    pub currency: Currency,
    /// Whether it is open for business.
    pub is_active: bool,
}

impl BaseEntity for Store {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

impl TenantScoped for Store {
    fn tenant_id(&self) -> TenantId {
        self.base.tenant_id
    }

    fn deletion(&self) -> Option<&Deletion> {
        self.base.deletion.as_ref()
    }
}
