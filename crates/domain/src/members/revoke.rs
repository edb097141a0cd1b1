use super::rules::{owner_stays, parties, within_reach};
use super::{Member, MemberError, RoleGrant};
use crate::Deps;
use crate::roles::{authorize_giving, record_of};
use crate::tenancy::{Actor, settle};

/// Takes a role from a member, where the actor could have given it. It counts from the member's next request on. Where
/// the member did not have it, nothing is written.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn revoke(actor: &Actor, deps: &Deps, grant: RoleGrant) -> Result<Member, MemberError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<MemberError>(actor, unit.as_ref()).await?;
    let (mut member, role) = parties(actor, unit.as_ref(), &grant).await?;
    if !member.grants.contains(&grant) {
        return Ok(within_reach(member, &scope));
    }
    owner_stays(unit.as_ref(), &member, &[(grant, role)]).await?;
    unit.members().revoke(&grant).await?;
    member.grants.retain(|held| *held != grant);
    unit.audit().record(record_of(deps, deps.clock.now(), "member.revoked", grant.into())).await?;
    unit.commit().await?;
    Ok(within_reach(member, &scope))
}
