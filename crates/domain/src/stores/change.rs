use serde_json::{Map, Value, json};

use super::{Store, StoreError, StoreId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::{Code, Currency, Name, Timezone};
use crate::tenancy::{Actor, StoresUpdate, Version};

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
    if cmd.expected.is_some_and(|seen| seen != before.base.version) {
        return Err(StoreError::Stale);
    }
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
    store.base.base.touch(now);
    unit.stores().update(&store, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "store.changed",
        object: Object { kind: "store", id: id.as_uuid() },
        detail: differences(&before, &store),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(store)
}

fn differences(before: &Store, after: &Store) -> Value {
    let fields = |s: &Store| {
        [
            ("name", json!(s.name.as_str())),
            ("code", json!(s.code.as_str())),
            ("timezone", json!(s.timezone.as_str())),
            ("currency", json!(s.currency.code())),
            ("is_active", json!(s.is_active)),
        ]
    };
    let changed = fields(before).into_iter().zip(fields(after)).filter(|(old, new)| old != new);
    Value::Object(changed.map(|((name, old), (_, new))| (name.into(), json!([old, new]))).collect::<Map<_, _>>())
}
