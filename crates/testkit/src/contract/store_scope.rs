use cotenant_domain::members::RoleGrant;
use cotenant_domain::products::ProductFilter;
use cotenant_domain::roles::SystemRole;
use cotenant_domain::shared::PageRequest;
use cotenant_domain::stores::StoreFilter;
use cotenant_domain::tenancy::{
    Permission, ProductsCreate, ProductsDelete, ProductsRead, ProductsUpdate, RolesGrant, StoresDelete, StoresRead,
    StoresUpdate,
};

use super::{Kit, assert_out_of_reach, assert_out_of_scope, assert_stale, deletion, reader, world};

/// Everything that a role can carry at a store.
fn at_a_store() -> Vec<Permission> {
    use Permission::*;
    vec![
        StoresRead,
        StoresUpdate,
        StoresDelete,
        ProductsRead,
        ProductsCreate,
        ProductsUpdate,
        ProductsDelete,
        RolesGrant,
        DeletedRead,
    ]
}

/// A scope of one store finds, locks and lists that store and its products, and no other.
pub async fn a_scope_of_one_store_sees_that_store_only(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let mine = world.product(&owner, here, "A-1").await.base.id;
    let other = world.product(&owner, there, "B-1").await.base.id;
    let keeper = world.keeper(&owner, "keeper@duka.example", &at_a_store(), &[here]).await;
    let unit = world.deps.db.read(&keeper.authorize(StoresRead).unwrap()).await.unwrap();
    assert!(unit.stores().find(here).await.unwrap().is_some());
    assert_eq!(unit.stores().find(there).await.unwrap(), None);
    assert_eq!(unit.stores().find_with_deleted(there).await.unwrap(), None);
    let everything = StoreFilter { include_deleted: true, ..StoreFilter::default() };
    let stores = unit.stores().list(&everything, &PageRequest::default()).await.unwrap().items;
    assert_eq!(stores.iter().map(|store| store.base.id).collect::<Vec<_>>(), [here]);
    drop(unit);
    let unit = world.deps.db.read(&keeper.authorize(ProductsRead).unwrap()).await.unwrap();
    assert!(unit.products().find(here, mine).await.unwrap().is_some());
    assert_eq!(unit.products().find(there, other).await.unwrap(), None);
    assert_eq!(unit.products().find(here, other).await.unwrap(), None, "a product is found in its own store only");
    assert_eq!(unit.products().find_with_deleted(there, other).await.unwrap(), None);
    let everything = ProductFilter { include_deleted: true, ..ProductFilter::default() };
    assert_eq!(unit.products().list(there, &everything, &PageRequest::default()).await.unwrap().items, []);
    assert_eq!(unit.products().list(here, &everything, &PageRequest::default()).await.unwrap().items.len(), 1);
    drop(unit);
    let unit = world.deps.db.write(&keeper.authorize(StoresUpdate).unwrap()).await.unwrap();
    assert!(unit.stores().lock(here).await.unwrap().is_some());
    assert_eq!(unit.stores().lock(there).await.unwrap(), None);
}

/// A scope of one store changes and deletes no other.
pub async fn a_scope_of_one_store_changes_no_other_store(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, other) = (world.store(&owner, "A").await, world.store(&owner, "B").await);
    let keeper = world.keeper(&owner, "keeper@duka.example", &at_a_store(), &[here.base.id]).await;
    let mut changed = other.clone();
    changed.name = "Taken over".parse().unwrap();
    changed.base.touch(world.deps.clock.now());
    let (update, delete) = (keeper.authorize(StoresUpdate).unwrap(), keeper.authorize(StoresDelete).unwrap());
    let unit = world.deps.db.write(&update).await.unwrap();
    assert_out_of_reach(unit.stores().update(&changed, other.base.version).await);
    drop(unit);
    let unit = world.deps.db.write(&delete).await.unwrap();
    assert_stale(unit.stores().delete(other.base.id, deletion(&world), other.base.version).await);
    drop(unit);
    let unit = world.deps.db.write(&update).await.unwrap();
    assert_out_of_scope(unit.stores().insert(&world.new_store(owner.tenant_id(), "C")).await);
    drop(unit);
    assert_eq!(reader(&world, &owner).await.stores().find(other.base.id).await.unwrap(), Some(other));
}

/// A scope of one store adds, changes and deletes products in no other, and moves none between stores.
pub async fn a_scope_of_one_store_writes_no_product_of_another(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await, world.store(&owner, "B").await);
    let (mine, other) =
        (world.product(&owner, here.base.id, "A-1").await, world.product(&owner, there.base.id, "B-1").await);
    let keeper = world.keeper(&owner, "keeper@duka.example", &at_a_store(), &[here.base.id]).await;
    let create = keeper.authorize(ProductsCreate).unwrap();
    let update = keeper.authorize(ProductsUpdate).unwrap();
    let delete = keeper.authorize(ProductsDelete).unwrap();
    let unit = world.deps.db.write(&create).await.unwrap();
    assert_out_of_scope(unit.products().insert(&world.new_product(&there, "B-2")).await);
    drop(unit);
    let mut changed = other.clone();
    changed.stock = 0;
    changed.base.touch(world.deps.clock.now());
    let mut moved_away = mine.clone();
    moved_away.base.store_id = there.base.id;
    moved_away.base.touch(world.deps.clock.now());
    let mut moved_here = changed.clone();
    moved_here.base.store_id = here.base.id;
    for row in [&changed, &moved_away, &moved_here] {
        let unit = world.deps.db.write(&update).await.unwrap();
        assert_out_of_reach(unit.products().update(row, 1).await);
    }
    let unit = world.deps.db.write(&delete).await.unwrap();
    assert_stale(unit.products().delete(there.base.id, other.base.id, deletion(&world), 1).await);
    drop(unit);
    let unit = world.deps.db.write(&delete).await.unwrap();
    assert_stale(unit.products().delete(here.base.id, other.base.id, deletion(&world), 1).await);
    drop(unit);
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.products().find(here.base.id, mine.base.id).await.unwrap(), Some(mine));
    assert_eq!(unit.products().find(there.base.id, other.base.id).await.unwrap(), Some(other));
}

/// The whole-store acts reach no store outside the scope.
pub async fn a_scope_of_one_store_empties_no_other(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let other = world.product(&owner, there, "B-1").await;
    let keeper = world.keeper(&owner, "keeper@duka.example", &at_a_store(), &[here]).await;
    let unit = world.deps.db.write(&keeper.authorize(StoresDelete).unwrap()).await.unwrap();
    // Whether it refuses or finds nothing is the adapter's choice.
    if unit.products().delete_of_store(there, deletion(&world)).await.is_ok() {
        unit.commit().await.unwrap();
    }
    assert_eq!(reader(&world, &owner).await.products().find(there, other.base.id).await.unwrap(), Some(other));
}

/// A scope of one store gives a role there and at no other.
pub async fn a_scope_of_one_store_grants_at_no_other(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let keeper = world.keeper(&owner, "keeper@duka.example", &at_a_store(), &[here]).await;
    let role_id = world.system_role(&owner, SystemRole::Member).await;
    let scope = keeper.authorize(RolesGrant).unwrap();
    let (user_id, now) = (keeper.user_id(), world.deps.clock.now());
    let unit = world.deps.db.write(&scope).await.unwrap();
    let grant = RoleGrant { user_id, role_id, store_id: Some(here) };
    assert!(unit.members().grant(&grant, scope.principal(), now).await.unwrap());
    let grant = RoleGrant { store_id: Some(there), ..grant };
    assert_out_of_scope(unit.members().grant(&grant, scope.principal(), now).await);
}
