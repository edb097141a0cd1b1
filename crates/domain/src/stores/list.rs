use super::{Store, StoreError, StoreFilter, StoreSort};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, DeletedRead, StoresRead};

/// A page of stores to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListStores {
    /// Which.
    pub filter: StoreFilter,
    /// Which page.
    pub page: PageRequest<StoreSort>,
}

/// One page of the stores within reach.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListStores) -> Result<Page<Store>, StoreError> {
    let mut scope = actor.authorize(StoresRead)?;
    if query.filter.include_deleted {
        scope = scope.narrow(actor.authorize(DeletedRead)?.stores());
    }
    let unit = deps.db.read(&scope).await?;
    Ok(unit.stores().list(&query.filter, &query.page).await?)
}
