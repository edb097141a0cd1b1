//! Products: the reference for features that belong to a store.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::products::{self, ChangeProduct, CreateProduct, ListProducts, ProductError, ProductFilter};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::stores;
use cotenant_domain::tenancy::Permission::{ProductsCreate, ProductsDelete, ProductsRead, ProductsUpdate, StoresRead};
use cotenant_testkit::World;

fn create_with(sku: &str) -> CreateProduct {
    CreateProduct {
        id: None,
        sku: sku.parse().unwrap(),
        name: "Tea".parse().unwrap(),
        price_minor: 100,
        currency: "KES".parse().unwrap(),
        stock: 1,
    }
}

fn restock(stock: i64) -> ChangeProduct {
    ChangeProduct { stock: Some(stock), ..ChangeProduct::default() }
}

#[tokio::test]
async fn a_product_is_added_seen_changed_deleted_and_restored() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let store = world.store(&owner, "A").await.base.id;
    let product = products::create(&owner, deps, store, create_with("A-1")).await.unwrap();
    let id = product.base.id;
    assert_eq!(products::view(&owner, deps, store, id, false).await.unwrap(), product);
    let changed = products::change(&owner, deps, store, id, restock(5)).await.unwrap();
    assert_eq!((changed.stock, changed.base.version), (5, 2));
    products::delete(&owner, deps, store, id, Some(2)).await.unwrap();
    assert!(matches!(products::view(&owner, deps, store, id, false).await, Err(ProductError::NotFound)));
    assert!(products::view(&owner, deps, store, id, true).await.unwrap().base.deletion.is_some());
    let restored = products::restore(&owner, deps, store, id).await.unwrap();
    assert_eq!(products::view(&owner, deps, store, id, false).await.unwrap(), restored);
    assert!(matches!(products::restore(&owner, deps, store, id).await, Err(ProductError::NotDeleted)));
}

#[tokio::test]
async fn neither_price_nor_stock_becomes_negative() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let store = world.store(&owner, "A").await.base.id;
    let cmd = CreateProduct { price_minor: -1, ..create_with("A-1") };
    assert_eq!(products::create(&owner, deps, store, cmd).await.unwrap_err().kind(), FaultKind::Invalid);
    let id = world.product(&owner, store, "A-1").await.base.id;
    assert_eq!(products::change(&owner, deps, store, id, restock(-1)).await.unwrap_err().kind(), FaultKind::Invalid);
}

#[tokio::test]
async fn a_taken_sku_or_id_and_a_stale_version_are_told_apart() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let id = world.product(&owner, here, "A-1").await.base.id;
    let taken = products::create(&owner, deps, here, create_with("a-1")).await.unwrap_err();
    assert!(matches!(taken, ProductError::SkuTaken));
    products::create(&owner, deps, there, create_with("a-1")).await.unwrap();
    let cmd = CreateProduct { id: Some(id), ..create_with("A-2") };
    assert!(matches!(products::create(&owner, deps, there, cmd).await, Err(ProductError::IdTaken)));
    let cmd = ChangeProduct { expected: Some(9), ..restock(0) };
    assert!(matches!(products::change(&owner, deps, here, id, cmd).await, Err(ProductError::Stale)));
    assert!(matches!(products::delete(&owner, deps, here, id, Some(9)).await, Err(ProductError::Stale)));
}

#[tokio::test]
async fn a_role_at_one_store_works_there_and_finds_nothing_elsewhere() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let other = world.product(&owner, there, "B-1").await;
    let permissions = [StoresRead, ProductsRead, ProductsCreate, ProductsUpdate, ProductsDelete];
    let keeper = world.keeper(&owner, "keeper@duka.example", &permissions, &[here]).await;
    let mine = products::create(&keeper, deps, here, create_with("A-1")).await.unwrap().base.id;
    products::change(&keeper, deps, here, mine, restock(7)).await.unwrap();
    let id = other.base.id;
    for (store, id) in [(there, id), (here, id), (there, mine)] {
        let found = products::view(&keeper, deps, store, id, false).await;
        assert!(matches!(found, Err(ProductError::NotFound)), "{found:?}");
        let changed = products::change(&keeper, deps, store, id, restock(0)).await;
        assert!(matches!(changed, Err(ProductError::NotFound)), "{changed:?}");
        let deleted = products::delete(&keeper, deps, store, id, None).await;
        assert!(matches!(deleted, Err(ProductError::NotFound)), "{deleted:?}");
    }
    let listed = products::list(&keeper, deps, there, ListProducts::default()).await;
    assert!(matches!(listed, Err(ProductError::NotFound)));
    let created = products::create(&keeper, deps, there, create_with("B-2")).await;
    assert!(matches!(created, Err(ProductError::NotFound)));
    assert_eq!(products::view(&owner, deps, there, id, false).await.unwrap(), other);
}

#[tokio::test]
async fn who_may_only_read_is_forbidden_to_write() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let store = world.store(&owner, "A").await.base.id;
    let id = world.product(&owner, store, "A-1").await.base.id;
    let reader = world.clerk(&owner, "reader@duka.example", &[StoresRead, ProductsRead]).await;
    assert!(products::view(&reader, deps, store, id, false).await.is_ok());
    for kind in [
        products::create(&reader, deps, store, create_with("A-2")).await.unwrap_err().kind(),
        products::change(&reader, deps, store, id, restock(0)).await.unwrap_err().kind(),
        products::delete(&reader, deps, store, id, None).await.unwrap_err().kind(),
        products::restore(&reader, deps, store, id).await.unwrap_err().kind(),
        products::view(&reader, deps, store, id, true).await.unwrap_err().kind(),
    ] {
        assert_eq!(kind, FaultKind::Forbidden);
    }
}

#[tokio::test]
async fn another_tenants_products_are_not_there() {
    let world = World::bootstrap().await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&theirs, "A").await.base.id;
    let product = world.product(&theirs, store, "A-1").await;
    let (deps, id) = (&world.deps, product.base.id);
    assert!(matches!(products::view(&ours, deps, store, id, true).await, Err(ProductError::NotFound)));
    assert!(matches!(products::list(&ours, deps, store, ListProducts::default()).await, Err(ProductError::NotFound)));
    assert!(matches!(products::create(&ours, deps, store, create_with("X")).await, Err(ProductError::NotFound)));
    assert!(matches!(products::delete(&ours, deps, store, id, None).await, Err(ProductError::NotFound)));
    assert_eq!(products::view(&theirs, deps, store, id, false).await.unwrap(), product);
}

#[tokio::test]
async fn with_a_store_go_its_products_and_exactly_they_come_back() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let store = world.store(&owner, "A").await.base.id;
    let (before, with) =
        (world.product(&owner, store, "before").await.base.id, world.product(&owner, store, "with").await.base.id);
    products::delete(&owner, deps, store, before, None).await.unwrap();
    stores::delete(&owner, deps, store, None).await.unwrap();
    for id in [before, with] {
        assert!(matches!(products::view(&owner, deps, store, id, false).await, Err(ProductError::NotFound)));
        let beneath = products::restore(&owner, deps, store, id).await;
        assert!(matches!(beneath, Err(ProductError::ParentDeleted)), "{beneath:?}");
    }
    let added = products::create(&owner, deps, store, create_with("new")).await;
    assert!(matches!(added, Err(ProductError::NotFound)), "nothing is put beneath a deleted store");
    stores::restore(&owner, deps, store).await.unwrap();
    assert!(products::view(&owner, deps, store, with, false).await.is_ok());
    assert!(matches!(products::view(&owner, deps, store, before, false).await, Err(ProductError::NotFound)));
    let query =
        ListProducts { filter: ProductFilter { include_deleted: true, ..Default::default() }, ..Default::default() };
    assert_eq!(products::list(&owner, deps, store, query).await.unwrap().items.len(), 2);
}
