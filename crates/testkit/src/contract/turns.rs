//! Writers of one tenant at the same time: what one read under a lock still holds when it commits.

use tokio::task::yield_now;

use super::{Kit, reader, world, writer};

/// Changes of who may do what are serial in a tenant: of several at the same time none is lost.
pub async fn no_raise_of_the_access_version_is_lost(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let before = reader(&world, &owner).await.tenant().get().await.unwrap().access_version;
    let raise = async || {
        let unit = writer(&world, &owner).await;
        yield_now().await;
        unit.tenant().raise_access_version().await.unwrap();
        yield_now().await;
        unit.commit().await.unwrap();
    };
    tokio::join!(raise(), raise(), raise(), raise());
    let after = reader(&world, &owner).await.tenant().get().await.unwrap().access_version;
    assert_eq!(after, before + 4);
}

/// Who locks a store reads its present state and is the only one to change it until the unit ends.
pub async fn a_locked_store_is_changed_by_one_unit_at_a_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = world.store(&owner, "A").await.base.id;
    let change = async || {
        let unit = writer(&world, &owner).await;
        yield_now().await;
        let mut store = unit.stores().lock(id).await.unwrap().unwrap();
        let version = store.base.version;
        yield_now().await;
        store.base.touch(world.deps.clock.now());
        unit.stores().update(&store, version).await.unwrap();
        yield_now().await;
        unit.commit().await.unwrap();
    };
    tokio::join!(change(), change(), change(), change());
    assert_eq!(reader(&world, &owner).await.stores().find(id).await.unwrap().unwrap().base.version, 5);
}

/// Of several who read an invitation and then consume it, one wins and the others are stale.
pub async fn an_invitation_is_consumed_by_one_unit(kit: &dyn Kit) {
    use cotenant_domain::invitations::InvitationStatus;
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = world.invite(&owner, "new@duka.example", &[], &[]).await.base.id;
    let seen = reader(&world, &owner).await.invitations().find(id).await.unwrap().unwrap();
    let consume = async || {
        let mut invitation = seen.clone();
        let version = invitation.base.version;
        invitation.status = InvitationStatus::Accepted;
        invitation.base.touch(world.deps.clock.now());
        let unit = writer(&world, &owner).await;
        yield_now().await;
        let won = unit.invitations().update(&invitation, version).await.is_ok();
        if won {
            unit.commit().await.unwrap()
        }
        u32::from(won)
    };
    let (a, b, c, d) = tokio::join!(consume(), consume(), consume(), consume());
    assert_eq!(a + b + c + d, 1);
}
