//! Stores.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::stores::{self, ChangeStore, ListStores, OpenStore, StoreError, StoreFilter};
use cotenant_domain::tenancy::Permission::{self, DeletedRead, StoresDelete, StoresRead, StoresUpdate};
use cotenant_testkit::World;
use time::Duration;

fn open_with(code: &str) -> OpenStore {
    OpenStore {
        id: None,
        name: "Duka".parse().unwrap(),
        code: code.parse().unwrap(),
        timezone: "Africa/Nairobi".parse().unwrap(),
        currency: "KES".parse().unwrap(),
        is_active: true,
    }
}

fn rename(name: &str) -> ChangeStore {
    ChangeStore { name: Some(name.parse().unwrap()), ..ChangeStore::default() }
}

#[tokio::test]
async fn a_store_is_opened_seen_changed_deleted_and_restored() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = stores::open(&owner, &world.deps, open_with("A")).await.unwrap();
    let id = store.base.id;
    assert_eq!(stores::view(&owner, &world.deps, id, false).await.unwrap(), store);
    world.clock.advance(Duration::SECOND);
    let changed = stores::change(&owner, &world.deps, id, rename("Other")).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.base.version), ("Other", 2));
    assert_eq!(stores::view(&owner, &world.deps, id, false).await.unwrap(), changed);
    let deleted = stores::delete(&owner, &world.deps, id, Some(2)).await.unwrap();
    assert_eq!(deleted.purge_at - deleted.deleted_at, world.deps.policy.retention);
    assert!(matches!(stores::view(&owner, &world.deps, id, false).await, Err(StoreError::NotFound)));
    assert!(stores::view(&owner, &world.deps, id, true).await.unwrap().base.deletion.is_some());
    let restored = stores::restore(&owner, &world.deps, id).await.unwrap();
    assert_eq!(stores::view(&owner, &world.deps, id, false).await.unwrap(), restored);
}

#[tokio::test]
async fn a_change_that_changes_nothing_writes_nothing() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let same = stores::change(&owner, &world.deps, store.base.id, rename("Store A")).await.unwrap();
    assert_eq!(same, store);
}

#[tokio::test]
async fn a_taken_code_or_id_is_a_conflict_at_its_field() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let taken = stores::open(&owner, &world.deps, open_with("a")).await.unwrap_err();
    assert_eq!(
        (taken.kind(), taken.code(), taken.fields()[0].pointer.as_str()),
        (FaultKind::Conflict, "code_taken", "/code")
    );
    let same_id = OpenStore { id: Some(store.base.id), ..open_with("B") };
    let taken = stores::open(&owner, &world.deps, same_id).await.unwrap_err();
    assert_eq!((taken.code(), taken.fields()[0].pointer.as_str()), ("id_taken", "/id"));
}

#[tokio::test]
async fn a_version_that_is_gone_is_stale() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let id = world.store(&owner, "A").await.base.id;
    let cmd = ChangeStore { expected: Some(2), ..rename("Other") };
    assert!(matches!(stores::change(&owner, &world.deps, id, cmd).await, Err(StoreError::Stale)));
    assert!(matches!(stores::delete(&owner, &world.deps, id, Some(2)).await, Err(StoreError::Stale)));
}

#[tokio::test]
async fn what_is_held_nowhere_is_forbidden_and_what_is_out_of_reach_is_not_there() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let keeper = world.keeper(&owner, "keeper@duka.example", &[StoresRead, StoresUpdate], &[here]).await;
    let open = stores::open(&keeper, &world.deps, open_with("C")).await.unwrap_err();
    let delete = stores::delete(&keeper, &world.deps, here, None).await.unwrap_err();
    assert_eq!((open.kind(), delete.kind()), (FaultKind::Forbidden, FaultKind::Forbidden));
    stores::change(&keeper, &world.deps, here, rename("Mine")).await.unwrap();
    for result in [
        stores::view(&keeper, &world.deps, there, false).await,
        stores::change(&keeper, &world.deps, there, rename("Taken")).await,
    ] {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    }
    let page = stores::list(&keeper, &world.deps, ListStores::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|store| store.base.id).collect::<Vec<_>>(), [here]);
}

#[tokio::test]
async fn another_tenants_store_is_not_there() {
    let world = World::bootstrap().await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let store = world.store(&theirs, "A").await;
    let id = store.base.id;
    for result in [
        stores::view(&ours, &world.deps, id, true).await,
        stores::change(&ours, &world.deps, id, rename("Taken")).await,
        stores::restore(&ours, &world.deps, id).await,
    ] {
        assert!(matches!(result, Err(StoreError::NotFound)), "{result:?}");
    }
    assert!(matches!(stores::delete(&ours, &world.deps, id, None).await, Err(StoreError::NotFound)));
    assert_eq!(stores::view(&theirs, &world.deps, id, false).await.unwrap(), store);
}

#[tokio::test]
async fn deleted_stores_show_only_to_who_may_see_them() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let reader = world.clerk(&owner, "reader@duka.example", &[StoresRead]).await;
    let keeper = world.clerk(&owner, "keeper@duka.example", &[StoresRead, DeletedRead]).await;
    for id in [here, there] {
        stores::delete(&owner, &world.deps, id, None).await.unwrap();
    }
    let everything =
        || ListStores { filter: StoreFilter { include_deleted: true, ..Default::default() }, ..Default::default() };
    let refused = stores::list(&reader, &world.deps, everything()).await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Forbidden);
    assert_eq!(stores::view(&reader, &world.deps, here, true).await.unwrap_err().kind(), FaultKind::Forbidden);
    assert_eq!(stores::list(&keeper, &world.deps, everything()).await.unwrap().items.len(), 2);
    assert_eq!(stores::list(&keeper, &world.deps, ListStores::default()).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn only_a_deleted_store_is_restored_and_only_while_its_code_is_free() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let id = world.store(&owner, "A").await.base.id;
    assert!(matches!(stores::restore(&owner, &world.deps, id).await, Err(StoreError::NotDeleted)));
    stores::delete(&owner, &world.deps, id, None).await.unwrap();
    world.store(&owner, "a").await;
    assert!(matches!(stores::restore(&owner, &world.deps, id).await, Err(StoreError::CodeTaken)));
}

#[tokio::test]
async fn a_role_at_a_deleted_store_gives_nothing_and_comes_back_with_it() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let id = world.store(&owner, "A").await.base.id;
    let permissions: &[Permission] = &[StoresRead, StoresDelete];
    world.keeper(&owner, "keeper@duka.example", permissions, &[id]).await;
    stores::delete(&owner, &world.deps, id, None).await.unwrap();
    let keeper = world.actor("keeper@duka.example", "acme").await;
    assert_eq!(stores::restore(&keeper, &world.deps, id).await.unwrap_err().kind(), FaultKind::Forbidden);
    stores::restore(&owner, &world.deps, id).await.unwrap();
    let keeper = world.actor("keeper@duka.example", "acme").await;
    assert!(stores::view(&keeper, &world.deps, id, false).await.is_ok());
}
