use cotenant_domain::products::ProductFilter;
use cotenant_domain::shared::PageRequest;
use cotenant_domain::stores::StoreFilter;
use time::Duration;

use super::{Kit, assert_stale, deletion, reader, steward, world};

/// A deleted store or product is neither found, listed nor locked, except by who asks for deleted things, who sees when
/// and in which act it went.
pub async fn deleted_rows_show_only_where_they_are_asked_for(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (kept, gone) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let product = world.product(&owner, kept, "A-1").await.base.id;
    let (first, second) = (deletion(&world), deletion(&world));
    let unit = steward(&world, &owner).await;
    unit.stores().delete(gone, first, 1).await.unwrap();
    unit.products().delete(kept, product, second, 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = steward(&world, &owner).await;
    assert_eq!(unit.stores().find(gone).await.unwrap(), None);
    assert_eq!(unit.stores().lock(gone).await.unwrap(), None);
    assert_eq!(unit.products().find(kept, product).await.unwrap(), None);
    let store = unit.stores().find_with_deleted(gone).await.unwrap().unwrap();
    assert_eq!(store.base.deletion, Some(first));
    let found = unit.products().find_with_deleted(kept, product).await.unwrap().unwrap();
    assert_eq!(found.base.deletion, Some(second));
    for include_deleted in [false, true] {
        let filter = StoreFilter { include_deleted, ..StoreFilter::default() };
        let page = unit.stores().list(&filter, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), 1 + usize::from(include_deleted));
        let filter = ProductFilter { include_deleted, ..ProductFilter::default() };
        let page = unit.products().list(kept, &filter, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items.len(), usize::from(include_deleted));
    }
}

/// A deleted role is neither found nor listed, and neither changed nor deleted again.
pub async fn a_deleted_role_is_gone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let role = world.role(&owner, "Clerk", &[]).await;
    let mut row = reader(&world, &owner).await.roles().find(role).await.unwrap().unwrap();
    let unit = steward(&world, &owner).await;
    unit.roles().delete(role, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.roles().find(role).await.unwrap(), None);
    assert_eq!(unit.roles().find_all(&[role]).await.unwrap(), []);
    let page = unit.roles().list(&Default::default(), &PageRequest::default()).await.unwrap();
    assert!(page.items.iter().all(|found| found.base.id != role));
    drop(unit);
    let unit = steward(&world, &owner).await;
    assert_stale(unit.roles().delete(role, deletion(&world), 2).await);
    drop(unit);
    row.base.base.version = 3;
    let unit = steward(&world, &owner).await;
    assert_stale(unit.roles().update(&row, 2).await);
}

/// Deleting and restoring are changes: each raises the version, and the instant of the change is kept.
pub async fn deleting_and_restoring_raise_the_version(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let product = world.product(&owner, store.base.id, "A-1").await;
    let (store_id, product_id) = (store.base.id, product.base.id);
    world.clock.advance(Duration::seconds(1));
    let act = deletion(&world);
    let unit = steward(&world, &owner).await;
    unit.products().delete(store_id, product_id, act, 1).await.unwrap();
    unit.stores().delete(store_id, act, 1).await.unwrap();
    let deleted = unit.stores().find_with_deleted(store_id).await.unwrap().unwrap();
    assert_eq!((deleted.base.version, deleted.base.updated_at), (2, act.at));
    let deleted = unit.products().find_with_deleted(store_id, product_id).await.unwrap().unwrap();
    assert_eq!((deleted.base.version, deleted.base.updated_at), (2, act.at));
    unit.commit().await.unwrap();
    world.clock.advance(Duration::seconds(1));
    let now = world.deps.clock.now();
    let unit = steward(&world, &owner).await;
    unit.stores().restore(store_id, now, 2).await.unwrap();
    unit.products().restore(store_id, product_id, now, 2).await.unwrap();
    let (mut store, mut product) = (store, product);
    for _ in 0..2 {
        store.base.touch(now);
        product.base.touch(now);
    }
    assert_eq!(unit.stores().find(store_id).await.unwrap(), Some(store));
    assert_eq!(unit.products().find(store_id, product_id).await.unwrap(), Some(product));
}

/// What is deleted cannot be deleted again, and what is not cannot be restored.
pub async fn deleting_twice_or_restoring_what_lives_is_stale(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let product = world.product(&owner, store, "A-1").await.base.id;
    let now = world.deps.clock.now();
    let unit = steward(&world, &owner).await;
    assert_stale(unit.stores().restore(store, now, 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    assert_stale(unit.products().restore(store, product, now, 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.products().delete(store, product, deletion(&world), 1).await.unwrap();
    assert_stale(unit.products().delete(store, product, deletion(&world), 2).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    assert_stale(unit.stores().delete(store, deletion(&world), 2).await);
}

/// What is deleted cannot be changed.
pub async fn a_deleted_row_cannot_be_changed(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let product = world.product(&owner, store.base.id, "A-1").await;
    let unit = steward(&world, &owner).await;
    unit.products().delete(store.base.id, product.base.id, deletion(&world), 1).await.unwrap();
    unit.stores().delete(store.base.id, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let (mut store, mut product) = (store, product);
    for _ in 0..2 {
        store.base.touch(world.deps.clock.now());
        product.base.touch(world.deps.clock.now());
    }
    let unit = steward(&world, &owner).await;
    assert_stale(unit.stores().update(&store, 2).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    assert_stale(unit.products().update(&product, 2).await);
}

// Attacks: 34.
/// Restoring a store brings back exactly the products that went in the same act, and those of no other store.
pub async fn restoring_an_act_brings_back_exactly_what_went_in_it(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let before = world.product(&owner, here, "before").await.base.id;
    let with =
        [world.product(&owner, here, "with-1").await.base.id, world.product(&owner, here, "with-2").await.base.id];
    let elsewhere = world.product(&owner, there, "elsewhere").await.base.id;
    let act = deletion(&world);
    let unit = steward(&world, &owner).await;
    unit.products().delete(here, before, deletion(&world), 1).await.unwrap();
    unit.products().delete_of_store(here, act).await.unwrap();
    unit.stores().delete(here, act, 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = steward(&world, &owner).await;
    for id in with {
        let gone = unit.products().find_with_deleted(here, id).await.unwrap().unwrap();
        assert_eq!((gone.base.deletion, gone.base.version), (Some(act), 2));
    }
    let earlier = unit.products().find_with_deleted(here, before).await.unwrap().unwrap();
    assert_ne!(earlier.base.deletion, Some(act), "what was deleted before keeps its own act");
    assert!(unit.products().find(there, elsewhere).await.unwrap().is_some());
    let now = world.deps.clock.now();
    unit.stores().restore(here, now, 2).await.unwrap();
    unit.products().restore_of_store(here, act.id, now).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    for id in with {
        let back = unit.products().find(here, id).await.unwrap().unwrap();
        assert_eq!((back.base.deletion, back.base.version), (None, 3));
    }
    assert_eq!(unit.products().find(here, before).await.unwrap(), None);
}
