use super::{Product, ProductError, ProductId};
use crate::Deps;
use crate::stores::StoreId;
use crate::tenancy::{Actor, DeletedRead, ProductsRead};

/// One product; a deleted one only for who may see deleted things at its store.
///
/// # Errors
///
/// See [`ProductError`].
pub async fn view(
    actor: &Actor,
    deps: &Deps,
    store: StoreId,
    id: ProductId,
    include_deleted: bool,
) -> Result<Product, ProductError> {
    let scope = actor.authorize(ProductsRead)?;
    let deleted = include_deleted.then(|| actor.authorize(DeletedRead)).transpose()?;
    let unit = deps.db.read(&scope).await?;
    let found = match deleted {
        Some(deleted) if deleted.stores().contains(store) => unit.products().find_with_deleted(store, id).await?,
        _ => unit.products().find(store, id).await?,
    };
    found.ok_or(ProductError::NotFound)
}
