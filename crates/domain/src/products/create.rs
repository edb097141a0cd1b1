use serde_json::json;

use super::{Product, ProductError, ProductId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::{Currency, Name, Sku};
use crate::stores::StoreId;
use crate::tenancy::{Actor, ProductsCreate, StoreBase};

/// A product to be added.
#[derive(Debug, Clone)]
pub struct CreateProduct {
    /// The client's own id for it; `None` lets us choose.
    pub id: Option<ProductId>,
    /// Its SKU.
    pub sku: Sku,
    /// What people call it.
    pub name: Name,
    /// The price in minor units of the currency.
    pub price_minor: i64,
    /// What the price is in.
    pub currency: Currency,
    /// How many are there.
    pub stock: i64,
}

/// Adds a product to a live store.
///
/// # Errors
///
/// See [`ProductError`].
pub async fn create(actor: &Actor, deps: &Deps, store: StoreId, cmd: CreateProduct) -> Result<Product, ProductError> {
    let scope = actor.authorize(ProductsCreate)?;
    let now = deps.clock.now();
    let id = cmd.id.unwrap_or_else(|| ProductId::new(deps.ids.next()));
    let product = Product {
        base: StoreBase::new(id, scope.tenant_id(), store, now),
        sku: cmd.sku,
        name: cmd.name,
        price_minor: cmd.price_minor,
        currency: cmd.currency,
        stock: cmd.stock,
    };
    product.check()?;
    let unit = deps.db.write(&scope).await?;
    unit.stores().lock(store).await?.ok_or(ProductError::NotFound)?;
    unit.products().insert(&product).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "product.created",
        object: Object { kind: "product", id: id.as_uuid() },
        detail: json!({ "store_id": store, "sku": product.sku.as_str(), "name": product.name.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(product)
}
