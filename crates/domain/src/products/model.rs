use super::ProductError;
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

impl Product {
    /// Checks that neither price nor stock is negative.
    ///
    /// # Errors
    ///
    /// [`ProductError::NegativePrice`], [`ProductError::NegativeStock`].
    pub(super) fn check(&self) -> Result<(), ProductError> {
        if self.price_minor < 0 {
            return Err(ProductError::NegativePrice);
        }
        if self.stock < 0 {
            return Err(ProductError::NegativeStock);
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::shared::{Fault, FaultKind};

    fn product(price_minor: i64, stock: i64) -> Product {
        let (id, tenant, store) = (ProductId::new(Uuid::nil()), TenantId::new(Uuid::nil()), StoreId::new(Uuid::nil()));
        Product {
            base: StoreBase::new(id, tenant, store, OffsetDateTime::UNIX_EPOCH),
            sku: "A-1".parse().unwrap(),
            name: "Tea".parse().unwrap(),
            price_minor,
            currency: "KES".parse().unwrap(),
            stock,
        }
    }

    #[test]
    fn a_free_product_that_is_out_of_stock_is_a_product() {
        assert!(product(0, 0).check().is_ok());
    }

    #[test]
    fn a_negative_price_or_stock_is_refused_at_its_field() {
        for (wrong, pointer) in [(product(-1, 0), "/price_minor"), (product(0, -1), "/stock")] {
            let error = wrong.check().unwrap_err();
            assert_eq!(error.kind(), FaultKind::Invalid);
            assert_eq!(error.fields()[0].pointer, pointer);
        }
    }
}
