use serde_json::json;
use time::Duration;

use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::RepositoryError;
use crate::tenancy::UsedKey;

/// How often a use of one key is noted, at most. More would make a write of every read.
pub const NOTED_EVERY: Duration = Duration::minutes(5);

/// Notes when and from where a key was used, for those who look after keys and wonder which one can go.
///
/// It is no part of the request that used the key, and works after it. The audit log is told of the first use and of a use
/// from another address, at the same pace at most: what a program does every second is no news, but a key that suddenly
/// comes from somewhere else is.
///
/// # Errors
///
/// Those of the database. Nothing depends on it.
pub async fn note_use(deps: &Deps, used: &UsedKey) -> Result<(), RepositoryError> {
    let unit = deps.db.write(&used.scope()).await?;
    let Some(key) = unit.api_keys().find(used.account_id(), used.key_id()).await? else {
        return Ok(());
    };
    // Another process may have noted it meanwhile.
    if key.last_used_at.is_some_and(|last| used.at() < last + NOTED_EVERY) {
        return Ok(());
    }
    let address = used.origin().address.as_deref();
    unit.api_keys().note_use(key.id, used.at(), address).await?;
    if key.last_used_at.is_none() || key.last_used_address.as_deref() != address {
        let event = NewAudit {
            id: deps.ids.next(),
            at: used.at(),
            action: "api_key.used",
            object: Object { kind: "api_key", id: key.id.as_uuid() },
            detail: json!({ "service_account_id": key.account_id, "address_before": key.last_used_address }),
        };
        unit.audit().record(event).await?;
    }
    unit.commit().await
}
