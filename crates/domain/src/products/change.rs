use serde_json::{Value, json};

use super::{Product, ProductError, ProductId};
use crate::Deps;
use crate::audit::{NewAudit, Object, differences};
use crate::shared::{Currency, Name, Sku};
use crate::stores::StoreId;
use crate::tenancy::{Actor, ProductsUpdate, Version, expect_version};

/// Changes to a product; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeProduct {
    /// Its SKU.
    pub sku: Option<Sku>,
    /// What people call it.
    pub name: Option<Name>,
    /// The price in minor units of the currency.
    pub price_minor: Option<i64>,
    /// What the price is in.
    pub currency: Option<Currency>,
    /// How many are there.
    pub stock: Option<i64>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes a product. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`ProductError`].
pub async fn change(
    actor: &Actor,
    deps: &Deps,
    store: StoreId,
    id: ProductId,
    cmd: ChangeProduct,
) -> Result<Product, ProductError> {
    let scope = actor.authorize(ProductsUpdate)?;
    let unit = deps.db.write(&scope).await?;
    // The store's lock makes changes beneath it serial: who brought no version is never told that theirs is stale.
    unit.stores().lock(store).await?.ok_or(ProductError::NotFound)?;
    let before = unit.products().find(store, id).await?.ok_or(ProductError::NotFound)?;
    expect_version(before.base.version, cmd.expected)?;
    let mut product = before.clone();
    product.sku = cmd.sku.unwrap_or(product.sku);
    product.name = cmd.name.unwrap_or(product.name);
    product.price_minor = cmd.price_minor.unwrap_or(product.price_minor);
    product.currency = cmd.currency.unwrap_or(product.currency);
    product.stock = cmd.stock.unwrap_or(product.stock);
    product.check()?;
    if product == before {
        return Ok(product);
    }
    let now = deps.clock.now();
    product.base.touch(now);
    unit.products().update(&product, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "product.changed",
        object: Object { kind: "product", id: id.as_uuid() },
        detail: differences(fields(&before), fields(&product)),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(product)
}

fn fields(product: &Product) -> [(&'static str, Value); 5] {
    [
        ("sku", json!(product.sku.as_str())),
        ("name", json!(product.name.as_str())),
        ("price_minor", json!(product.price_minor)),
        ("currency", json!(product.currency.code())),
        ("stock", json!(product.stock)),
    ]
}
