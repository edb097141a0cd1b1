use cotenant_domain::stores::StoreId;

use super::{Kit, assert_stale, deletion, platform, reader, steward, world, writer};

/// A store that was changed meanwhile is neither changed, deleted nor restored, and nor is one that does not exist.
pub async fn a_stale_store_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await;
    let mut changed = store.clone();
    changed.name = "Changed".parse().unwrap();
    changed.base.touch(world.deps.clock.now());
    for wrong in [0, 2] {
        let unit = steward(&world, &owner).await;
        assert_stale(unit.stores().update(&changed, wrong).await);
        drop(unit);
        let unit = steward(&world, &owner).await;
        assert_stale(unit.stores().delete(store.base.id, deletion(&world), wrong).await);
    }
    let mut missing = changed.clone();
    missing.base.base.id = StoreId::new(world.deps.ids.next());
    let unit = steward(&world, &owner).await;
    assert_stale(unit.stores().update(&missing, 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store.base.id, deletion(&world), 1).await.unwrap();
    assert_stale(unit.stores().restore(store.base.id, world.deps.clock.now(), 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().update(&changed, 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(reader(&world, &owner).await.stores().find(store.base.id).await.unwrap(), Some(changed));
}

/// A product that was changed meanwhile is left alone.
pub async fn a_stale_product_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let product = world.product(&owner, store, "A-1").await;
    let mut changed = product.clone();
    changed.stock = 0;
    changed.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    assert_stale(unit.products().update(&changed, 2).await);
    drop(unit);
    let unit = writer(&world, &owner).await;
    assert_stale(unit.products().delete(store, product.base.id, deletion(&world), 2).await);
    drop(unit);
    let unit = writer(&world, &owner).await;
    unit.products().update(&changed, 1).await.unwrap();
    unit.commit().await.unwrap();
    let found = reader(&world, &owner).await.products().find(store, product.base.id).await.unwrap();
    assert_eq!(found, Some(changed));
}

/// A role that was changed meanwhile is left alone.
pub async fn a_stale_role_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = world.role(&owner, "Clerk", &[]).await;
    let mut role = reader(&world, &owner).await.roles().find(id).await.unwrap().unwrap();
    role.name = "Changed".parse().unwrap();
    role.base.touch(world.deps.clock.now());
    let unit = steward(&world, &owner).await;
    assert_stale(unit.roles().update(&role, 2).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    assert_stale(unit.roles().delete(id, deletion(&world), 2).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.roles().update(&role, 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(reader(&world, &owner).await.roles().find(id).await.unwrap(), Some(role));
}

/// A membership that was changed meanwhile is left alone, and so is one that does not exist.
pub async fn a_stale_membership_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let unit = steward(&world, &owner).await;
    let mut membership = unit.members().find(owner.user_id()).await.unwrap().unwrap().membership;
    membership.epoch += 1;
    membership.version += 1;
    unit.members().update(&membership, membership.version - 1).await.unwrap();
    assert_stale(unit.members().update(&membership, membership.version - 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    let nobody = world.new_person("nobody@duka.example").base.id;
    assert_stale(unit.members().update(&world.new_membership(nobody), 1).await);
}

/// Of two changes of an invitation at the same version one is stale: it is consumed once.
pub async fn a_stale_invitation_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut invitation = world.invite(&owner, "new@duka.example", &[], &[]).await;
    invitation.token_hash = Some([7; 32]);
    invitation.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    unit.invitations().update(&invitation, 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = writer(&world, &owner).await;
    assert_stale(unit.invitations().update(&invitation, 1).await);
}

/// A tenant's record that was changed meanwhile is left alone, from inside and from the platform.
pub async fn a_stale_tenant_is_left_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    let before = reader(&world, &owner).await.tenant().get().await.unwrap();
    let mut changed = before.clone();
    changed.name = "Changed".parse().unwrap();
    changed.base.touch(world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    assert_stale(unit.tenant().update(&changed, before.base.version + 1).await);
    drop(unit);
    let unit = platform(&world, &operator).await;
    assert_stale(unit.tenants().update(&changed, before.base.version + 1).await);
    drop(unit);
    let unit = platform(&world, &operator).await;
    assert_stale(unit.tenants().update(&world.new_tenant("missing"), 1).await);
    drop(unit);
    assert_eq!(reader(&world, &owner).await.tenant().get().await.unwrap(), before);
}
