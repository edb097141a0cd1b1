use serde_json::json;

use super::end_all::{end_each, event};
use super::{End, SupportError, SupportGrantId};
use crate::Deps;
use crate::platform::NewPlatformAudit;
use crate::tenancy::{Actor, Operator, PlatformScope, SupportEnd};

/// Ends a grant in the actor's tenant: its token is refused from the next request on. Nothing is written where it is over.
///
/// # Errors
///
/// See [`SupportError`].
pub async fn end(actor: &Actor, deps: &Deps, id: SupportGrantId) -> Result<(), SupportError> {
    let scope = actor.authorize(SupportEnd)?;
    let unit = deps.db.write(&scope).await?;
    let grant = unit.support_grants().find(id).await?.ok_or(SupportError::NotFound)?;
    let at = deps.clock.now();
    if !unit.support_grants().end(id, End::by(scope.principal(), at)).await? {
        return Ok(());
    }
    let detail = json!({ "tenant_id": grant.tenant_id, "operator_id": grant.operator_id, "why": "by_the_tenant" });
    let action = "support_grant.ended";
    unit.audit().record(event(deps, &grant, action, at, detail.clone())).await?;
    // The platform's log tells of it too: an operator who finds the door closed finds there who closed it.
    let unit = unit.platform(&PlatformScope::new(scope.principal(), scope.origin().clone())).await?;
    let object_id = Some(id.as_uuid());
    unit.audit().record(NewPlatformAudit { id: deps.ids.next(), at, action, object_id, detail }).await?;
    Ok(unit.commit().await?)
}

/// Ends a grant, one's own or another operator's: who notices that one should not be there ends it. Nothing is written where
/// it is over.
///
/// # Errors
///
/// See [`SupportError`].
pub async fn end_at_platform(operator: &Operator, deps: &Deps, id: SupportGrantId) -> Result<(), SupportError> {
    let scope = operator.platform();
    let unit = deps.db.platform(&scope).await?;
    let grant = unit.support_grants().find(id).await?.ok_or(SupportError::NotFound)?;
    let unit = end_each(unit, &scope, &scope, deps, vec![grant], "by_an_operator").await?;
    Ok(unit.commit().await?)
}
