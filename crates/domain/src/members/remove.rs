use serde_json::json;

use super::rules::{held_roles, not_above, owner_stays, present};
use super::{MemberError, MembershipStatus};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::UserId;
use crate::tenancy::{Actor, MembersRemove, Version, expect_version, settle};

/// Ends a membership: the roles are gone, and the member's tokens end at their next request. An invitation can bring the
/// person back, without the roles.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn remove(actor: &Actor, deps: &Deps, user: UserId, expected: Option<Version>) -> Result<(), MemberError> {
    let scope = actor.authorize(MembersRemove)?;
    let unit = deps.db.write(&scope).await?;
    settle::<MemberError>(actor, unit.as_ref()).await?;
    let member = present(unit.members(), user).await?;
    let roles = held_roles(unit.as_ref(), &member).await?;
    not_above(actor, &roles)?;
    let mut membership = member.membership.clone();
    expect_version(membership.version, expected)?;
    owner_stays(unit.as_ref(), &member, &roles).await?;
    let now = deps.clock.now();
    membership.turn(MembershipStatus::Removed, now);
    unit.members().revoke_all(user).await?;
    unit.members().update(&membership, member.membership.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "member.removed",
        object: Object { kind: "member", id: user.as_uuid() },
        detail: json!({ "status": [member.membership.status.as_str(), membership.status.as_str()] }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(())
}
