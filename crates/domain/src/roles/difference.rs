//! What a change of a role changes for those who hold it: computed, nothing read.

use std::collections::{BTreeMap, BTreeSet};

use super::{HeldRole, Role, RoleHolder, RoleId};
use crate::stores::StoreId;
use crate::tenancy::{Grant, Holdings, PermissionSet};

/// What somebody gains and loses at one place, their other roles taken into account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The store; `None` is the whole tenant.
    pub store: Option<StoreId>,
    /// What they will hold there and do not now. What is gained in the whole tenant is not repeated at each store.
    pub gains: PermissionSet,
    /// What they hold there and will not. What is lost in the whole tenant is not repeated at each store.
    pub loses: PermissionSet,
    /// What they lose in the whole tenant and keep at this store, where another role gives it.
    pub keeps: PermissionSet,
}

/// What differs between what somebody holds and what they will hold, the whole tenant first.
pub(super) fn difference(before: &Holdings, after: &Holdings) -> Vec<Difference> {
    let (gained, lost) = (after.everywhere().minus(before.everywhere()), before.everywhere().minus(after.everywhere()));
    let everywhere = Difference { store: None, gains: gained, loses: lost, keeps: PermissionSet::EMPTY };
    let stores: BTreeSet<_> = before.at_stores().keys().chain(after.at_stores().keys()).copied().collect();
    let at_store = |store: StoreId| {
        let (was, is) = (before.at(Some(store)), after.at(Some(store)));
        Difference {
            store: Some(store),
            gains: is.minus(was).minus(gained),
            loses: was.minus(is).minus(lost),
            keeps: is.intersection(lost),
        }
    };
    let all = std::iter::once(everywhere).chain(stores.into_iter().map(at_store));
    all.filter(|place| !(place.gains.is_empty() && place.loses.is_empty() && place.keeps.is_empty())).collect()
}

/// What each holder gains and loses once a role is `changed`: those for whom nothing differs are left out. `grants` are all
/// grants of those who hold the role, `roles` all roles of these grants as they are now.
pub(super) fn differences(
    grants: &[HeldRole],
    roles: &[Role],
    changed: &Role,
) -> BTreeMap<RoleHolder, Vec<Difference>> {
    let held: BTreeMap<RoleId, PermissionSet> = roles.iter().map(|role| (role.base.id, role.permissions)).collect();
    let mut holders = BTreeMap::<RoleHolder, (Vec<Grant>, Vec<Grant>)>::new();
    for grant in grants {
        let now = held.get(&grant.role_id).copied().unwrap_or_default();
        let then = if grant.role_id == changed.base.id { changed.permissions } else { now };
        let (before, after) = holders.entry(grant.holder).or_default();
        before.push(Grant { store: grant.store_id, permissions: now });
        after.push(Grant { store: grant.store_id, permissions: then });
    }
    let differing = holders
        .into_iter()
        .map(|(holder, (before, after))| (holder, difference(&Holdings::of(&before), &Holdings::of(&after))));
    differing.filter(|(_, places)| !places.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::identity::UserId;
    use crate::services::ServiceAccountId;
    use crate::tenancy::Permission::{self, MembersRead, ProductsDelete, ProductsRead, StoresRead};
    use crate::tenancy::TenantBase;
    use crate::tenants::TenantId;

    fn set(permissions: &[Permission]) -> PermissionSet {
        permissions.iter().copied().collect()
    }

    fn role(n: u128, permissions: &[Permission]) -> Role {
        let id = RoleId::new(Uuid::from_u128(n));
        Role {
            base: TenantBase::new(id, TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH),
            name: "Clerk".parse().unwrap(),
            description: None,
            permissions: set(permissions),
            system: None,
        }
    }

    fn store(n: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(n))
    }

    fn member(n: u128) -> RoleHolder {
        RoleHolder::Member(UserId::new(Uuid::from_u128(n)))
    }

    fn grant(user: u128, role: u128, store_id: Option<StoreId>) -> HeldRole {
        HeldRole { holder: member(user), role_id: RoleId::new(Uuid::from_u128(role)), store_id }
    }

    fn of(user: u128, found: &BTreeMap<RoleHolder, Vec<Difference>>) -> Vec<Difference> {
        found.get(&member(user)).cloned().unwrap_or_default()
    }

    #[test]
    fn another_role_that_gives_it_too_leaves_nothing_lost() {
        let roles = [role(1, &[ProductsRead, StoresRead]), role(2, &[ProductsRead])];
        let grants = [grant(1, 1, None), grant(2, 1, None), grant(2, 2, None)];
        let found = differences(&grants, &roles, &role(1, &[StoresRead]));
        let lost = Difference { store: None, gains: set(&[]), loses: set(&[ProductsRead]), keeps: set(&[]) };
        assert_eq!((of(1, &found), of(2, &found)), (vec![lost], vec![]));
    }

    #[test]
    fn what_is_lost_everywhere_may_be_kept_at_a_store() {
        let roles = [role(1, &[ProductsRead]), role(2, &[ProductsRead])];
        let grants = [grant(1, 1, None), grant(1, 2, Some(store(7)))];
        let found = of(1, &differences(&grants, &roles, &role(1, &[])));
        let everywhere = Difference { store: None, gains: set(&[]), loses: set(&[ProductsRead]), keeps: set(&[]) };
        let here = Difference { store: Some(store(7)), gains: set(&[]), loses: set(&[]), keeps: set(&[ProductsRead]) };
        assert_eq!(found, [everywhere, here]);
    }

    #[test]
    fn at_a_store_only_what_counts_there_is_gained() {
        let roles = [role(1, &[]), role(2, &[ProductsRead])];
        let grants = [grant(1, 1, Some(store(7))), grant(1, 2, None)];
        let found = of(1, &differences(&grants, &roles, &role(1, &[MembersRead, ProductsRead, ProductsDelete])));
        let here =
            Difference { store: Some(store(7)), gains: set(&[ProductsDelete]), loses: set(&[]), keeps: set(&[]) };
        assert_eq!(found, [here], "members.read does not count at a store, and products.read is held everywhere");
    }

    #[test]
    fn a_member_and_a_service_account_of_one_id_are_two() {
        let account = RoleHolder::Service(ServiceAccountId::new(Uuid::from_u128(1)));
        let grants = [grant(1, 1, None), HeldRole { holder: account, ..grant(1, 1, None) }, grant(1, 2, None)];
        let found = differences(&grants, &[role(1, &[ProductsRead]), role(2, &[ProductsRead])], &role(1, &[]));
        assert_eq!(found.keys().collect::<Vec<_>>(), [&account], "the member keeps it by another role");
    }

    #[test]
    fn the_two_directions_mirror_each_other() {
        let sets = [set(&[]), set(&[ProductsRead]), set(&[ProductsRead, MembersRead]), set(&[ProductsDelete])];
        let all = sets.iter().flat_map(|everywhere| sets.iter().map(move |here| (*everywhere, *here)));
        let holdings = all.map(|(everywhere, here)| {
            Holdings::of(&[
                Grant { store: None, permissions: everywhere },
                Grant { store: Some(store(7)), permissions: here },
            ])
        });
        let holdings: Vec<_> = holdings.collect();
        for (before, after) in holdings.iter().flat_map(|a| holdings.iter().map(move |b| (a, b))) {
            let (there, back) = (difference(before, after), difference(after, before));
            for place in there.iter().filter(|place| place.store.is_none()) {
                let mirrored = back.iter().find(|other| other.store.is_none()).unwrap();
                assert_eq!((place.gains, place.loses), (mirrored.loses, mirrored.gains));
            }
            assert_eq!(
                there.is_empty(),
                before.everywhere() == after.everywhere() && { before.at(Some(store(7))) == after.at(Some(store(7))) }
            );
        }
    }
}
