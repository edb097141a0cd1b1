use serde_json::json;

use super::key::ApiKeyId;
use super::rules::present;
use super::{ServiceAccountId, ServiceError};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{MemberActor, ServiceAccountsManage};

/// Revokes a key: it is refused from the next request on. Whatever the account holds: a leaked key is stopped by who notices.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn revoke_key(
    actor: &MemberActor,
    deps: &Deps,
    account: ServiceAccountId,
    id: ApiKeyId,
) -> Result<(), ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let unit = deps.db.write(&scope).await?;
    present(unit.services(), account).await?;
    let key = unit.api_keys().find(account, id).await?.ok_or(ServiceError::NotFound)?;
    let now = deps.clock.now();
    if !unit.api_keys().revoke(id, now).await? {
        return Err(ServiceError::NotFound);
    }
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "api_key.revoked",
        object: Object { kind: "api_key", id: id.as_uuid() },
        detail: json!({ "service_account_id": account, "name": key.name.as_str() }),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}
