use serde_json::json;

use super::{ProductError, ProductId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::stores::StoreId;
use crate::tenancy::{Actor, Deleted, Deletion, DeletionId, ProductsDelete, Version, expect_version};

/// Deletes a product.
///
/// # Errors
///
/// See [`ProductError`].
pub async fn delete(
    actor: &Actor,
    deps: &Deps,
    store: StoreId,
    id: ProductId,
    expected: Option<Version>,
) -> Result<Deleted, ProductError> {
    let scope = actor.authorize(ProductsDelete)?;
    let unit = deps.db.write(&scope).await?;
    unit.stores().lock(store).await?.ok_or(ProductError::NotFound)?;
    let product = unit.products().find(store, id).await?.ok_or(ProductError::NotFound)?;
    expect_version(product.base.version, expected)?;
    let now = deps.clock.now();
    let deletion = Deletion { at: now, id: DeletionId::new(deps.ids.next()) };
    unit.products().delete(store, id, deletion, product.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "product.deleted",
        object: Object { kind: "product", id: id.as_uuid() },
        detail: json!({ "store_id": store, "sku": product.sku.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Deleted { deleted_at: now, purge_at: now + deps.policy.retention })
}
