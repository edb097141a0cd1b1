use serde_json::json;

use super::{StoreError, StoreId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{Actor, Deleted, Deletion, DeletionId, StoresDelete, Version, expect_version, settle};

/// Deletes a store and, in the same act, everything in it.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn delete(actor: &Actor, deps: &Deps, id: StoreId, expected: Option<Version>) -> Result<Deleted, StoreError> {
    let scope = actor.authorize(StoresDelete)?;
    let unit = deps.db.write(&scope).await?;
    // Roles at the store stop giving anything.
    settle::<StoreError>(actor, unit.as_ref()).await?;
    let store = unit.stores().lock(id).await?.ok_or(StoreError::NotFound)?;
    expect_version(store.base.version, expected)?;
    let now = deps.clock.now();
    let deletion = Deletion { at: now, id: DeletionId::new(deps.ids.next()) };
    unit.products().delete_of_store(id, deletion).await?;
    unit.stores().delete(id, deletion, store.base.version).await?;
    let purge_at = now + deps.policy.retention;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "store.deleted",
        object: Object { kind: "store", id: id.as_uuid() },
        detail: json!({ "code": store.code.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Deleted { deleted_at: now, purge_at })
}
