use serde_json::json;

use super::rules::{held_roles, not_above, owner_stays, present};
use super::{Member, MemberError, MembershipStatus};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::identity::UserId;
use crate::tenancy::{Actor, MembersUpdate, Version, expect_version, settle};

/// What a membership's status can be changed to; ending it is an act of its own, [`remove`](super::remove()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewStatus {
    /// In force again.
    Active,
    /// Paused.
    Suspended,
}

/// Changes to a membership; what is `None` stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeMember {
    /// Whether it is in force.
    pub status: Option<NewStatus>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Suspends a member, whose tokens end with it, or lets them in again. The person is nobody's to change. A change that
/// changes nothing writes nothing.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn change(actor: &Actor, deps: &Deps, user: UserId, cmd: ChangeMember) -> Result<Member, MemberError> {
    let scope = actor.authorize(MembersUpdate)?;
    let unit = deps.db.write(&scope).await?;
    settle::<MemberError>(actor, unit.as_ref()).await?;
    let mut member = present(unit.members(), user).await?;
    let roles = held_roles(unit.as_ref(), &member).await?;
    not_above(actor, &roles)?;
    let before = member.membership.clone();
    expect_version(before.version, cmd.expected)?;
    let (status, action) = match cmd.status {
        Some(NewStatus::Active) => (MembershipStatus::Active, "member.reactivated"),
        Some(NewStatus::Suspended) => (MembershipStatus::Suspended, "member.suspended"),
        None => return Ok(member),
    };
    if status == before.status {
        return Ok(member);
    }
    if status == MembershipStatus::Suspended {
        owner_stays(unit.as_ref(), &member, &roles).await?;
    }
    let now = deps.clock.now();
    member.membership.turn(status, now);
    unit.members().update(&member.membership, before.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action,
        object: Object { kind: "member", id: user.as_uuid() },
        detail: json!({ "status": [before.status.as_str(), status.as_str()] }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(member)
}
