use serde_json::{Value, json};

use super::{Store, StoreError, StoreId};
use crate::Deps;
use crate::audit::{NewAudit, Object, differences};
use crate::shared::{Code, Currency, Name, Timezone};
use crate::tenancy::{Actor, StoresUpdate, Version, expect_version};

/// Changes to a store; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeStore {
    /// What people call it.
    pub name: Option<Name>,
    /// Its code.
    pub code: Option<Code>,
    /// Its time zone.
    pub timezone: Option<Timezone>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Whether it is open for business.
    pub is_active: Option<bool>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes a store. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn change(actor: &Actor, deps: &Deps, id: StoreId, cmd: ChangeStore) -> Result<Store, StoreError> {
    let scope = actor.authorize(StoresUpdate)?;
    let unit = deps.db.write(&scope).await?;
    let before = unit.stores().lock(id).await?.ok_or(StoreError::NotFound)?;
    expect_version(before.base.version, cmd.expected)?;
    let mut store = before.clone();
    store.name = cmd.name.unwrap_or(store.name);
    store.code = cmd.code.unwrap_or(store.code);
    store.timezone = cmd.timezone.unwrap_or(store.timezone);
    store.currency = cmd.currency.unwrap_or(store.currency);
    store.is_active = cmd.is_active.unwrap_or(store.is_active);
    if store == before {
        return Ok(store);
    }
    let now = deps.clock.now();
    store.base.touch(now);
    unit.stores().update(&store, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "store.changed",
        object: Object { kind: "store", id: id.as_uuid() },
        detail: differences(fields(&before), fields(&store)),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(store)
}

fn fields(store: &Store) -> [(&'static str, Value); 5] {
    [
        ("name", json!(store.name.as_str())),
        ("code", json!(store.code.as_str())),
        ("timezone", json!(store.timezone.as_str())),
        ("currency", json!(store.currency.code())),
        ("is_active", json!(store.is_active)),
    ]
}
