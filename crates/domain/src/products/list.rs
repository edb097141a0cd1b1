use super::{Product, ProductError, ProductFilter, ProductSort};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::stores::{StoreId, is_live};
use crate::tenancy::{Actor, DeletedRead, ProductsRead};

/// A page of a store's products to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListProducts {
    /// Which.
    pub filter: ProductFilter,
    /// Which page.
    pub page: PageRequest<ProductSort>,
}

/// One page of the products of a live store within reach.
///
/// # Errors
///
/// See [`ProductError`].
pub async fn list(
    actor: &Actor,
    deps: &Deps,
    store: StoreId,
    query: ListProducts,
) -> Result<Page<Product>, ProductError> {
    let mut scope = actor.authorize(ProductsRead)?;
    if query.filter.include_deleted {
        scope = scope.narrow(actor.authorize(DeletedRead)?.stores());
    }
    let unit = deps.db.read(&scope).await?;
    if !is_live(deps, unit.as_ref(), store).await? {
        return Err(ProductError::NotFound);
    }
    Ok(unit.products().list(store, &query.filter, &query.page).await?)
}
