//! What a plan bounds: how it is counted, and the lock under which it is.

use cotenant_domain::plans::Resource;
use cotenant_domain::services::{self, CreateService};
use cotenant_domain::tenancy::Actor;
use cotenant_domain::{members, stores};
use tokio::task::yield_now;

use super::{Kit, reader, world, writer};
use crate::world::World;

/// How many stores, members and service accounts there are.
async fn used(world: &World, by: &Actor) -> [u64; 3] {
    let unit = reader(world, by).await;
    let mut counted = [0; 3];
    for (resource, number) in Resource::ALL.into_iter().zip(&mut counted) {
        *number = unit.tenant().used(resource).await.unwrap();
    }
    counted
}

/// What lives in the own tenant counts: not what is deleted, not who was removed, and nothing of others.
pub async fn what_lives_in_the_own_tenant_is_counted(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, other) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    assert_eq!(used(&world, &owner).await, [0, 1, 0]);
    let store = world.store(&owner, "A").await;
    world.store(&owner, "B").await;
    world.store(&other, "A").await;
    let clerk = world.join(&owner, "clerk@duka.example", &[], &[]).await;
    let make = CreateService { id: None, name: "Till".parse().unwrap(), description: None };
    let account = services::create(&owner, &world.deps, make).await.unwrap().account;
    assert_eq!(used(&world, &owner).await, [2, 2, 1]);
    assert_eq!(used(&world, &other).await, [1, 1, 0]);
    stores::delete(&owner, &world.deps, store.base.id, None).await.unwrap();
    members::remove(&owner, &world.deps, clerk.user_id(), None).await.unwrap();
    services::delete(&owner, &world.deps, account.base.id, None).await.unwrap();
    assert_eq!(used(&world, &owner).await, [1, 1, 0]);
}

/// Who locks the tenant's record and then counts, counts what all who did so before have added.
pub async fn whoever_counts_under_the_tenants_lock_counts_right(kit: &dyn Kit) {
    const ROOM: u64 = 2;
    let world = world(kit).await;
    let owner = world.owner().await;
    let add = async |code: &str| {
        let unit = writer(&world, &owner).await;
        yield_now().await;
        unit.tenant().lock().await.unwrap();
        let used = unit.tenant().used(Resource::Stores).await.unwrap();
        yield_now().await;
        if used < ROOM {
            let store = world.new_store(owner.tenant_id(), code);
            unit.stores().insert(&store).await.unwrap();
            unit.commit().await.unwrap();
        }
    };
    tokio::join!(add("A"), add("B"), add("C"), add("D"));
    assert_eq!(used(&world, &owner).await, [ROOM, 1, 0]);
}
