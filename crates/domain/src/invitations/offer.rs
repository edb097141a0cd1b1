//! What an invitation gives, and what people hold: pure rules, asked when it is made and again when it is accepted.

use super::StoreRole;
use crate::members::RoleGrant;
use crate::roles::{Role, RoleId};
use crate::stores::StoreId;
use crate::tenancy::PermissionSet;

/// The roles that an invitation gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offer {
    /// In the whole tenant.
    pub(super) role_ids: Vec<RoleId>,
    /// At single stores.
    pub(super) store_roles: Vec<StoreRole>,
}

impl Offer {
    /// All the roles, some perhaps more than once.
    pub(super) fn all_role_ids(&self) -> Vec<RoleId> {
        self.role_ids.iter().copied().chain(self.store_roles.iter().map(|given| given.role_id)).collect()
    }

    /// The stores, each once.
    pub(super) fn store_ids(&self) -> Vec<StoreId> {
        distinct(self.store_roles.iter().map(|given| given.store_id))
    }

    /// Whether it gives nothing beyond what `held` tells to be held at a store, or in the whole tenant for `None`.
    pub(super) fn is_within(&self, roles: &[Role], held: impl Fn(Option<StoreId>) -> PermissionSet) -> bool {
        let tenant_wide = self.role_ids.iter().map(|id| (*id, None));
        let at_stores = self.store_roles.iter().map(|given| (given.role_id, Some(given.store_id)));
        tenant_wide.chain(at_stores).all(|(id, store)| gives(roles, id, store).is_subset(held(store)))
    }

    /// What is left of it with these live roles and stores, and what falls away.
    pub(super) fn split(self, roles: &[Role], stores: &[StoreId]) -> (Self, Self) {
        let live = |id: &RoleId| roles.iter().any(|role| role.base.id == *id);
        let (role_ids, dead_roles) = self.role_ids.into_iter().partition(live);
        let (store_roles, dead_store_roles) =
            self.store_roles.into_iter().partition(|given| live(&given.role_id) && stores.contains(&given.store_id));
        (Self { role_ids, store_roles }, Self { role_ids: dead_roles, store_roles: dead_store_roles })
    }
}

/// What a member with these grants holds at `store`, or in the whole tenant where it is `None`.
pub(super) fn held_by(grants: &[RoleGrant], roles: &[Role], store: Option<StoreId>) -> PermissionSet {
    let counts = |grant: &&RoleGrant| grant.store_id.is_none() || grant.store_id == store;
    let given = grants.iter().filter(counts).map(|grant| gives(roles, grant.role_id, grant.store_id));
    given.fold(PermissionSet::EMPTY, PermissionSet::union)
}

/// The items in their order, each once.
pub(super) fn distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    items.into_iter().fold(Vec::new(), |mut kept, item| {
        if !kept.contains(&item) {
            kept.push(item);
        }
        kept
    })
}

/// What a role gives at `store`, or in the whole tenant; one that is not among the live roles gives nothing.
fn gives(roles: &[Role], id: RoleId, store: Option<StoreId>) -> PermissionSet {
    let role = roles.iter().find(|role| role.base.id == id);
    role.map(|role| role.gives(store)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::UserId;
    use crate::tenancy::Permission::{self, MembersRemove, ProductsRead, StoresRead};
    use crate::tenancy::TenantBase;
    use crate::tenants::TenantId;
    use time::OffsetDateTime;
    use uuid::Uuid;

    fn role(id: u128, permissions: &[Permission]) -> Role {
        let tenant = TenantId::new(Uuid::nil());
        Role {
            base: TenantBase::new(role_id(id), tenant, OffsetDateTime::UNIX_EPOCH),
            name: "role".parse().unwrap(),
            description: None,
            permissions: permissions.iter().copied().collect(),
            system: None,
        }
    }

    fn role_id(id: u128) -> RoleId {
        RoleId::new(Uuid::from_u128(id))
    }

    fn store(id: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(id))
    }

    fn at(store_id: StoreId, role: u128) -> StoreRole {
        StoreRole { store_id, role_id: role_id(role) }
    }

    fn grant(role: u128, store_id: Option<StoreId>) -> RoleGrant {
        RoleGrant { user_id: UserId::new(Uuid::nil()), role_id: role_id(role), store_id }
    }

    fn set(permissions: &[Permission]) -> PermissionSet {
        permissions.iter().copied().collect()
    }

    #[test]
    fn an_offer_beyond_what_is_held_in_the_tenant_is_refused() {
        let roles = [role(1, &[ProductsRead]), role(2, &[MembersRemove])];
        let offer = |id| Offer { role_ids: vec![role_id(id)], store_roles: Vec::new() };
        let held = |_| set(&[ProductsRead, StoresRead]);
        assert!(offer(1).is_within(&roles, held));
        assert!(!offer(2).is_within(&roles, held));
    }

    #[test]
    fn what_is_held_at_one_store_can_be_given_there_and_nowhere_else() {
        let roles = [role(1, &[ProductsRead])];
        let held = |at| {
            if at == Some(store(1)) { set(&[ProductsRead]) } else { PermissionSet::EMPTY }
        };
        let here = Offer { role_ids: Vec::new(), store_roles: vec![at(store(1), 1)] };
        let there = Offer { role_ids: Vec::new(), store_roles: vec![at(store(2), 1)] };
        let everywhere = Offer { role_ids: vec![role_id(1)], store_roles: Vec::new() };
        assert!(here.is_within(&roles, held));
        assert!(!there.is_within(&roles, held));
        assert!(!everywhere.is_within(&roles, held));
    }

    #[test]
    fn at_a_store_only_what_a_role_carries_there_counts() {
        let roles = [role(1, &[ProductsRead, MembersRemove])];
        let offer = Offer { role_ids: Vec::new(), store_roles: vec![at(store(1), 1)] };
        assert!(offer.is_within(&roles, |_| set(&[ProductsRead])));
    }

    #[test]
    fn a_member_holds_tenant_wide_roles_everywhere_and_store_roles_at_their_store() {
        let roles = [role(1, &[StoresRead]), role(2, &[ProductsRead, MembersRemove])];
        let grants = [grant(1, None), grant(2, Some(store(1))), grant(9, None)];
        assert_eq!(held_by(&grants, &roles, None), set(&[StoresRead]));
        assert_eq!(held_by(&grants, &roles, Some(store(1))), set(&[StoresRead, ProductsRead]));
        assert_eq!(held_by(&grants, &roles, Some(store(2))), set(&[StoresRead]));
    }

    #[test]
    fn roles_and_stores_that_are_gone_fall_away() {
        let offer = Offer {
            role_ids: vec![role_id(1), role_id(2)],
            store_roles: vec![at(store(1), 1), at(store(2), 1), at(store(1), 2)],
        };
        let (left, gone) = offer.split(&[role(1, &[])], &[store(1)]);
        assert_eq!(left, Offer { role_ids: vec![role_id(1)], store_roles: vec![at(store(1), 1)] });
        assert_eq!(gone, Offer { role_ids: vec![role_id(2)], store_roles: vec![at(store(2), 1), at(store(1), 2)] });
    }

    #[test]
    fn duplicates_are_dropped_and_the_order_stays() {
        assert_eq!(distinct([3, 1, 3, 2, 1]), [3, 1, 2]);
    }
}
