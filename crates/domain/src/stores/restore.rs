use serde_json::json;

use super::{Store, StoreError, StoreId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::plans::{Resource, make_room};
use crate::tenancy::{Actor, StoresDelete, settle};

/// Brings a deleted store back, with exactly what was deleted together with it.
///
/// # Errors
///
/// See [`StoreError`]; [`StoreError::CodeTaken`] where its code was given to another store meanwhile.
pub async fn restore(actor: &Actor, deps: &Deps, id: StoreId) -> Result<Store, StoreError> {
    let scope = actor.authorize(StoresDelete)?;
    let unit = deps.db.write(&scope).await?;
    settle::<StoreError>(actor, unit.as_ref()).await?;
    let mut store = unit.stores().find_with_deleted(id).await?.ok_or(StoreError::NotFound)?;
    let deletion = store.base.deletion.take().ok_or(StoreError::NotDeleted)?;
    make_room::<StoreError>(actor, &deps.plans, unit.as_ref(), Resource::Stores).await?;
    let now = deps.clock.now();
    let version = store.base.version;
    unit.stores().restore(id, now, version).await?;
    unit.products().restore_of_store(id, deletion.id, now).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "store.restored",
        object: Object { kind: "store", id: id.as_uuid() },
        detail: json!({ "code": store.code.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    store.base.touch(now);
    Ok(store)
}
