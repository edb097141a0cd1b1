use crate::shared::{Currency, Id, Name, Sku};
use crate::stores::StoreId;
use crate::tenancy::{Base, BaseEntity, Deletion, StoreBase, StoreScoped, TenantScoped};
use crate::tenants::TenantId;

/// The id of a product.
pub type ProductId = Id<Product>;

/// Something a store sells: the reference for every feature that belongs to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// What it has as an entity of a store.
    pub base: StoreBase<Product>,
    /// Unique in its store while it is not deleted, whatever the case.
    pub sku: Sku,
    /// What people call it.
    pub name: Name,
    /// The price in minor units of the currency, never negative.
    pub price_minor: i64,
    /// What the price is in.
    pub currency: Currency,
    /// How many are there, never negative.
    pub stock: i64,
}

impl BaseEntity for Product {
    fn base(&self) -> &Base<Self> {
        &self.base.base
    }
}

impl TenantScoped for Product {
    fn tenant_id(&self) -> TenantId {
        self.base.tenant_id
    }

    fn deletion(&self) -> Option<&Deletion> {
        self.base.deletion.as_ref()
    }
}

impl StoreScoped for Product {
    fn store_id(&self) -> StoreId {
        self.base.store_id
    }
}
