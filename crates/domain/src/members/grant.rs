use super::rules::{parties, present, within_reach};
use super::{Member, MemberError, RoleGrant};
use crate::Deps;
use crate::roles::{authorize_giving, record_of};
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
    unit.audit().record(record_of(deps, now, "member.granted", grant.into())).await?;
    unit.commit().await?;
    Ok(member)
}
