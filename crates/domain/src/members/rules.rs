//! # Why the acts on members share these rules
//!
//! Whoever could suspend, remove or re-role somebody who holds more than they do would rule over them, and in the end
//! over the tenant. So nobody touches a member who holds more, nobody gives what they do not hold, nobody takes what
//! they could not give, and the tenant keeps an active owner whatever happens.
//!
//! Each act calls these after [`settle`](crate::tenancy::settle), which makes such acts serial in the tenant: what was
//! checked still holds at the commit, the actor's own rights included.

use std::collections::BTreeSet;

use super::{Member, MemberError, MemberReader, MembershipStatus, RoleGrant};
use crate::identity::UserId;
use crate::roles::{Role, SystemRole, is_within, reaches, role_at};
use crate::shared::RepositoryError;
use crate::tenancy::{Actor, TenantScope, Write};
use crate::uow::WriteUnit;

/// The member, unless there is none or the membership has ended.
pub(super) async fn present(members: &dyn MemberReader, user: UserId) -> Result<Member, MemberError> {
    let member = members.find(user).await?;
    member.filter(|m| m.membership.status != MembershipStatus::Removed).ok_or(MemberError::NotFound)
}

/// The member's grants, each with its role.
pub(super) async fn held_roles(
    unit: &dyn WriteUnit,
    member: &Member,
) -> Result<Vec<(RoleGrant, Role)>, RepositoryError> {
    let ids: BTreeSet<_> = member.grants.iter().map(|grant| grant.role_id).collect();
    let roles = unit.roles().find_all(&Vec::from_iter(ids)).await?;
    let with_role = |grant: &RoleGrant| {
        let role = roles.iter().find(|role| role.base.id == grant.role_id)?;
        Some((*grant, role.clone()))
    };
    Ok(member.grants.iter().filter_map(with_role).collect())
}

/// Refuses to touch who holds more than the actor, in the whole tenant or at any store.
pub(super) fn not_above(actor: &Actor, held: &[(RoleGrant, Role)]) -> Result<(), MemberError> {
    let within = |(grant, role): &(RoleGrant, Role)| is_within(actor, role, grant.store_id);
    if held.iter().all(within) { Ok(()) } else { Err(MemberError::BeyondOwnRights) }
}

/// Refuses where the member is the last active owner and is about to lose these roles.
pub(super) async fn owner_stays(
    unit: &dyn WriteUnit,
    member: &Member,
    lost: &[(RoleGrant, Role)],
) -> Result<(), MemberError> {
    let active = member.membership.status == MembershipStatus::Active;
    let owner = lost.iter().any(|(grant, role)| grant.store_id.is_none() && role.system == Some(SystemRole::Owner));
    if active && owner && unit.members().count_owners().await? <= 1 { Err(MemberError::LastOwner) } else { Ok(()) }
}

/// The member as somebody sees them who may give roles in this scope: at the stores that it reaches, and no other.
pub(super) fn within_reach(mut member: Member, scope: &TenantScope<Write>) -> Member {
    member.grants.retain(|grant| reaches(scope.stores(), grant.store_id).is_ok());
    member
}

/// The member and the role of a grant that the actor may give or take, its store locked and live.
pub(super) async fn parties(
    actor: &Actor,
    unit: &dyn WriteUnit,
    grant: &RoleGrant,
) -> Result<(Member, Role), MemberError> {
    let role = role_at(unit, grant.role_id, grant.store_id).await?;
    let member = present(unit.members(), grant.user_id).await?;
    if !is_within(actor, &role, grant.store_id) {
        return Err(MemberError::BeyondOwnRights);
    }
    Ok((member, role))
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::roles::RoleId;
    use crate::shared::{Fault, FaultKind};
    use crate::stores::StoreId;
    use crate::tenancy::{Grant, Permission, PermissionSet, TenantBase};
    use crate::tenants::TenantId;

    fn role(system: SystemRole) -> Role {
        Role {
            base: TenantBase::new(RoleId::new(Uuid::nil()), TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH),
            name: system.key().parse().unwrap(),
            description: None,
            permissions: system.permissions(),
            system: Some(system),
        }
    }

    fn grant_at(store: Option<u128>) -> RoleGrant {
        let store_id = store.map(|n| StoreId::new(Uuid::from_u128(n)));
        RoleGrant { user_id: UserId::new(Uuid::nil()), role_id: RoleId::new(Uuid::nil()), store_id }
    }

    fn actor(grants: &[Grant]) -> Actor {
        let (user, tenant) = (UserId::new(Uuid::nil()), TenantId::new(Uuid::nil()));
        Actor::for_rules(user, tenant, grants)
    }

    #[test]
    fn nobody_touches_who_holds_more_and_peers_may_touch_each_other() {
        let held = |system, store| (grant_at(store), role(system));
        let admin = actor(&[Grant { store: None, permissions: SystemRole::Admin.permissions() }]);
        assert!(not_above(&admin, &[held(SystemRole::Member, None), held(SystemRole::Admin, None)]).is_ok());
        assert!(not_above(&admin, &[]).is_ok(), "a member without roles is above nobody");
        let refused = not_above(&admin, &[held(SystemRole::Member, None), held(SystemRole::Owner, None)]).unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (FaultKind::Forbidden, "beyond_own_rights"));
    }

    #[test]
    fn what_is_held_at_a_store_counts_too() {
        let remover = actor(&[Grant { store: None, permissions: [Permission::MembersRemove].into_iter().collect() }]);
        assert!(not_above(&remover, &[(grant_at(Some(1)), role(SystemRole::Admin))]).is_err());
        let keeper = Grant { store: Some(StoreId::new(Uuid::from_u128(1))), permissions: PermissionSet::all() };
        assert!(not_above(&actor(&[keeper]), &[(grant_at(Some(1)), role(SystemRole::Admin))]).is_ok());
        assert!(not_above(&actor(&[keeper]), &[(grant_at(Some(2)), role(SystemRole::Admin))]).is_err());
    }
}
