use serde_json::json;

use super::{Product, ProductError, ProductId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::stores::StoreId;
use crate::tenancy::{Actor, ProductsDelete};

/// Brings a deleted product back into its live store.
///
/// # Errors
///
/// See [`ProductError`]; [`ProductError::SkuTaken`] where its SKU was given to another product meanwhile.
pub async fn restore(actor: &Actor, deps: &Deps, store: StoreId, id: ProductId) -> Result<Product, ProductError> {
    let scope = actor.authorize(ProductsDelete)?;
    let unit = deps.db.write(&scope).await?;
    let parent = unit.stores().lock(store).await?;
    // Only who can reach the product learns that its store is deleted.
    let mut product = unit.products().find_with_deleted(store, id).await?.ok_or(ProductError::NotFound)?;
    parent.ok_or(ProductError::ParentDeleted)?;
    product.base.deletion.take().ok_or(ProductError::NotDeleted)?;
    let now = deps.clock.now();
    unit.products().restore(store, id, now, product.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "product.restored",
        object: Object { kind: "product", id: id.as_uuid() },
        detail: json!({ "store_id": store, "sku": product.sku.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    product.base.touch(now);
    Ok(product)
}
