//! What roles come to, and the one decision that is made of it.
//!
//! # Why it stands by itself
//!
//! A request is let in by it, a person is told by it why they were not, and a change of a role is foretold by it. Were it
//! written twice, what is told would sooner or later differ from what is done.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Grant;
use super::permission::{Permission, PermissionSet, Reach};
use super::scope::StoreSet;
use crate::stores::StoreId;

/// What somebody holds: in the whole tenant, and at single stores besides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holdings {
    everywhere: PermissionSet,
    at_stores: BTreeMap<StoreId, PermissionSet>,
}

impl Holdings {
    /// What grants come to.
    pub fn of(grants: &[Grant]) -> Self {
        let mut held = Self::default();
        for grant in grants {
            match grant.store {
                None => held.everywhere = held.everywhere.union(grant.permissions),
                Some(store) => {
                    let here = held.at_stores.entry(store).or_default();
                    *here = here.union(grant.permissions.at_a_store());
                }
            }
        }
        held
    }

    /// The permissions held in the whole tenant.
    pub fn everywhere(&self) -> PermissionSet {
        self.everywhere
    }

    /// The permissions held at single stores, beside those held everywhere.
    pub fn at_stores(&self) -> &BTreeMap<StoreId, PermissionSet> {
        &self.at_stores
    }

    /// The permissions held at `store`, or in the whole tenant where `store` is `None`.
    pub fn at(&self, store: Option<StoreId>) -> PermissionSet {
        let here = store.and_then(|store| self.at_stores.get(&store)).copied().unwrap_or_default();
        self.everywhere.union(here)
    }

    /// Where a permission is held: the stores that its scope reaches. `None` where it is held nowhere, or only where it does
    /// not count.
    pub fn reach(&self, needed: Permission) -> Option<StoreSet> {
        if self.everywhere.contains(needed) {
            return Some(StoreSet::All);
        }
        let held_at = self.at_stores.iter().filter(|(_, held)| held.contains(needed));
        let stores: BTreeSet<_> = held_at.map(|(store, _)| *store).collect();
        (needed.reach() == Reach::Store && !stores.is_empty()).then_some(StoreSet::Only(stores))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn store(n: u128) -> StoreId {
        StoreId::new(Uuid::from_u128(n))
    }

    fn grant(store: Option<StoreId>, permissions: &[Permission]) -> Grant {
        Grant { store, permissions: permissions.iter().copied().collect() }
    }

    #[test]
    fn a_permission_reaches_the_stores_where_some_role_gives_it() {
        use Permission::{MembersRead, ProductsRead, StoresRead};
        let held = Holdings::of(&[
            grant(None, &[StoresRead]),
            grant(Some(store(1)), &[ProductsRead, MembersRead]),
            grant(Some(store(2)), &[ProductsRead]),
        ]);
        assert_eq!(held.reach(StoresRead), Some(StoreSet::All));
        assert_eq!(held.reach(ProductsRead), Some(StoreSet::Only([store(1), store(2)].into())));
        assert_eq!(held.reach(MembersRead), None, "at a store it does not count");
        assert_eq!(held.reach(Permission::ProductsUpdate), None);
        assert_eq!(held.at(Some(store(1))).codes(), ["stores.read", "products.read"]);
        assert_eq!(held.at(Some(store(3))), held.at(None));
    }
}
