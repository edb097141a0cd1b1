use super::{Store, StoreError, StoreId};
use crate::Deps;
use crate::tenancy::{Actor, DeletedRead, StoresRead};

/// One store; a deleted one only for who may see deleted things.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn view(actor: &Actor, deps: &Deps, id: StoreId, include_deleted: bool) -> Result<Store, StoreError> {
    let scope = actor.authorize(StoresRead)?;
    let deleted = include_deleted.then(|| actor.authorize(DeletedRead)).transpose()?;
    let unit = deps.db.read(&scope).await?;
    let found = match deleted {
        Some(deleted) if deleted.stores().contains(id) => unit.stores().find_with_deleted(id).await?,
        _ => unit.stores().find(id).await?,
    };
    found.ok_or(StoreError::NotFound)
}
