use serde_json::json;

use super::rules::{present, within_reach};
use super::{Service, ServiceError, ServiceGrant};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::roles::{authorize_giving, is_within, role_at};
use crate::tenancy::{MemberActor, settle};

/// Takes a role from a service account, where the actor could have given it. It counts from the next request on. Where the
/// account did not have it, nothing is written.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn revoke(actor: &MemberActor, deps: &Deps, grant: ServiceGrant) -> Result<Service, ServiceError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let role = role_at(unit.as_ref(), grant.role_id, grant.store_id).await?;
    let mut service = present(unit.services(), grant.account_id).await?;
    if !is_within(actor, &role, grant.store_id) {
        return Err(ServiceError::BeyondOwnRights);
    }
    if !unit.services().revoke(&grant).await? {
        return Ok(within_reach(service, &scope));
    }
    service.grants.retain(|held| *held != grant);
    let event = NewAudit {
        id: deps.ids.next(),
        at: deps.clock.now(),
        action: "service_account.revoked",
        object: Object { kind: "service_account", id: grant.account_id.as_uuid() },
        detail: json!({ "role_id": grant.role_id, "store_id": grant.store_id }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(within_reach(service, &scope))
}
