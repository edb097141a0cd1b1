use serde_json::json;

use super::{Store, StoreError, StoreId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::plans::{Resource, make_room};
use crate::shared::{Code, Currency, Name, Timezone};
use crate::tenancy::{Actor, StoresCreate, TenantBase};

/// A store to be opened.
#[derive(Debug, Clone)]
pub struct OpenStore {
    /// The client's own id for it; `None` lets us choose.
    pub id: Option<StoreId>,
    /// What people call it.
    pub name: Name,
    /// Its code.
    pub code: Code,
    /// Its time zone.
    pub timezone: Timezone,
    /// Its currency.
    pub currency: Currency,
    /// Whether it is open for business at once.
    pub is_active: bool,
}

/// Opens a store.
///
/// # Errors
///
/// See [`StoreError`].
pub async fn open(actor: &Actor, deps: &Deps, cmd: OpenStore) -> Result<Store, StoreError> {
    let scope = actor.authorize(StoresCreate)?;
    let now = deps.clock.now();
    let id = cmd.id.unwrap_or_else(|| StoreId::new(deps.ids.next()));
    let store = Store {
        base: TenantBase::new(id, scope.tenant_id(), now),
        name: cmd.name,
        code: cmd.code,
        timezone: cmd.timezone,
        currency: cmd.currency,
        is_active: cmd.is_active,
    };
    let unit = deps.db.write(&scope).await?;
    make_room::<StoreError>(actor, &deps.plans, unit.as_ref(), Resource::Stores).await?;
    unit.stores().insert(&store).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "store.opened",
        object: Object { kind: "store", id: id.as_uuid() },
        detail: json!({ "name": store.name.as_str(), "code": store.code.as_str() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(store)
}
