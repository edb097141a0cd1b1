use serde_json::json;

use super::rules::{parties, present, within_reach};
use super::{Member, MemberError, RoleGrant};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::roles::authorize_giving;
use crate::tenancy::{Actor, settle};

/// Gives a member a role, in the whole tenant or at one store: never more than the one who gives it holds there. It
/// counts from the member's next request on. A role that the member had already stays, and nothing is written.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn grant(actor: &Actor, deps: &Deps, grant: RoleGrant) -> Result<Member, MemberError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<MemberError>(actor, unit.as_ref()).await?;
    let (member, _) = parties(actor, unit.as_ref(), &grant).await?;
    let member = within_reach(member, &scope);
    let now = deps.clock.now();
    if !unit.members().grant(&grant, scope.principal(), now).await? {
        return Ok(member);
    }
    let member = within_reach(present(unit.members(), grant.user_id).await?, &scope);
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "member.granted",
        object: Object { kind: "member", id: grant.user_id.as_uuid() },
        detail: json!({ "role_id": grant.role_id, "store_id": grant.store_id }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(member)
}
