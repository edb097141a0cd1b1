//! How an accepted invitation becomes a membership.

use time::OffsetDateTime;

use super::invite::live_stores;
use super::offer::{Offer, distinct, held_by};
use super::{AcceptError, Invitation};
use crate::identity::UserId;
use crate::members::{Membership, MembershipStatus, RoleGrant};
use crate::plans::{Plans, Resource, there_is_room};
use crate::tenancy::{Permission, Principal};
use crate::tenants::Tenant;
use crate::uow::WriteUnit;

/// What an invitation still gives, and what has fallen away since it was made.
///
/// # Why the inviter is asked again
///
/// An invitation is a credential in waiting. Were it worth at acceptance what it was worth when it was made, a member about
/// to be removed could mint a way back, or hand out tomorrow a right that was taken from them today. So it is worth what
/// the inviter could give at this moment: without that it is void, and looks as if it had never been.
pub(super) async fn worth(unit: &dyn WriteUnit, invitation: &Invitation) -> Result<(Offer, Offer), AcceptError> {
    let whole = Offer { role_ids: invitation.role_ids.clone(), store_roles: invitation.store_roles.clone() };
    let stores = live_stores(unit, &whole).await?;
    let inviter = match invitation.invited_by {
        Some(user) => {
            let member = unit.members().find(user).await?.ok_or(AcceptError::NotFound)?;
            if member.membership.status != MembershipStatus::Active {
                return Err(AcceptError::NotFound);
            }
            Some(member)
        }
        None => None,
    };
    let held_ids = inviter.iter().flat_map(|member| &member.grants).map(|grant| grant.role_id);
    let roles = unit.roles().find_all(&distinct(whole.all_role_ids().into_iter().chain(held_ids))).await?;
    let (left, gone) = whole.split(&roles, &stores);
    if let Some(member) = inviter {
        let held = |store| held_by(&member.grants, &roles, store);
        if !held(None).contains(Permission::InvitationsCreate) || !left.is_within(&roles, held) {
            return Err(AcceptError::NotFound);
        }
    }
    Ok((left, gone))
}

/// Makes the person a member, or a member again, where the plan of the tenant, whose record is locked, has room.
pub(super) async fn enrol(
    unit: &dyn WriteUnit,
    (tenant, plans): (&Tenant, &Plans),
    user_id: UserId,
    invited_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), AcceptError> {
    let Some(member) = unit.members().find(user_id).await? else {
        there_is_room::<AcceptError>(tenant, plans, unit, Resource::Members).await?;
        let status = MembershipStatus::Active;
        let membership = Membership { user_id, status, epoch: 1, created_at: now, updated_at: now, version: 1 };
        return Ok(unit.members().insert(&membership).await?);
    };
    let expected = member.membership.version;
    let membership = revived(member.membership, invited_at, now)?;
    there_is_room::<AcceptError>(tenant, plans, unit, Resource::Members).await?;
    Ok(unit.members().update(&membership, expected).await?)
}

/// A removed membership in force again. Its epoch stays as high as the removal raised it, so that no token of the time
/// before revives.
///
/// An invitation from before the removal is void: of several that were open, one kept in reserve would otherwise undo it.
fn revived(
    mut membership: Membership,
    invited_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Membership, AcceptError> {
    match membership.status {
        MembershipStatus::Active => Err(AcceptError::AlreadyMember),
        MembershipStatus::Suspended => Err(AcceptError::MembershipSuspended),
        MembershipStatus::Removed if invited_at < membership.updated_at => Err(AcceptError::NotFound),
        MembershipStatus::Removed => {
            membership.turn(MembershipStatus::Active, now);
            Ok(membership)
        }
    }
}

/// Gives the roles.
pub(super) async fn give(
    unit: &dyn WriteUnit,
    user_id: UserId,
    offer: &Offer,
    now: OffsetDateTime,
) -> Result<(), AcceptError> {
    let tenant_wide = offer.role_ids.iter().map(|id| (*id, None));
    let at_stores = offer.store_roles.iter().map(|given| (given.role_id, Some(given.store_id)));
    for (role_id, store_id) in tenant_wide.chain(at_stores) {
        unit.members().grant(&RoleGrant { user_id, role_id, store_id }, Principal::User(user_id), now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use uuid::Uuid;

    const THEN: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::DAY);

    fn membership(status: MembershipStatus) -> Membership {
        let user_id = UserId::new(Uuid::from_u128(1));
        Membership { user_id, status, epoch: 4, created_at: THEN, updated_at: THEN + Duration::HOUR, version: 7 }
    }

    #[test]
    fn a_member_who_comes_back_keeps_the_raised_epoch_and_the_old_beginning() {
        let back = revived(membership(MembershipStatus::Removed), NOW, NOW).unwrap();
        assert_eq!(back.status, MembershipStatus::Active);
        assert_eq!((back.epoch, back.version), (4, 8));
        assert_eq!((back.created_at, back.updated_at), (THEN, NOW));
    }

    #[test]
    fn an_invitation_from_before_the_removal_brings_nobody_back() {
        let removed = membership(MembershipStatus::Removed);
        let refused = revived(removed.clone(), removed.updated_at - Duration::MICROSECOND, NOW).unwrap_err();
        assert!(matches!(refused, AcceptError::NotFound));
        assert!(revived(removed.clone(), removed.updated_at, NOW).is_ok());
    }

    #[test]
    fn an_invitation_neither_doubles_a_membership_nor_lifts_a_suspension() {
        let refused = |status| revived(membership(status), NOW, NOW).unwrap_err();
        assert!(matches!(refused(MembershipStatus::Active), AcceptError::AlreadyMember));
        assert!(matches!(refused(MembershipStatus::Suspended), AcceptError::MembershipSuspended));
    }
}
