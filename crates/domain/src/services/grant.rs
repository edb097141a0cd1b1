use serde_json::json;

use super::rules::{not_the_owner, present, within_reach};
use super::{Service, ServiceError, ServiceGrant};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::roles::{authorize_giving, is_within, role_at};
use crate::tenancy::{MemberActor, settle};

/// Gives a service account a role, in the whole tenant or at one store: never more than the one who gives it holds there,
/// and never the owner role. It counts from the next request on. A role that the account had already stays, and nothing is
/// written.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn grant(actor: &MemberActor, deps: &Deps, grant: ServiceGrant) -> Result<Service, ServiceError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let role = role_at(unit.as_ref(), grant.role_id, grant.store_id).await?;
    let service = present(unit.services(), grant.account_id).await?;
    if !is_within(actor, &role, grant.store_id) {
        return Err(ServiceError::BeyondOwnRights);
    }
    not_the_owner(&role)?;
    let now = deps.clock.now();
    if !unit.services().grant(&grant, scope.principal(), now).await? {
        return Ok(within_reach(service, &scope));
    }
    let service = within_reach(present(unit.services(), grant.account_id).await?, &scope);
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "service_account.granted",
        object: Object { kind: "service_account", id: grant.account_id.as_uuid() },
        detail: json!({ "role_id": grant.role_id, "store_id": grant.store_id }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(service)
}
