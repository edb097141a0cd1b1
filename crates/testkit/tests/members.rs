//! Members and the roles they hold.

use cotenant_domain::members::{
    self, ChangeMember, ListMembers, MemberError, MemberFilter, MembershipStatus, NewStatus, RoleGrant,
};
use cotenant_domain::roles::SystemRole;
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::Permission::{
    MembersRead, MembersRemove, MembersUpdate, ProductsRead, ProductsUpdate, RolesGrant, StoresRead,
};
use cotenant_domain::tenancy::{AuthenticateError, Denied, MemberActor};
use cotenant_testkit::World;
use cotenant_testkit::world::FIRST_TENANT;

const SUSPEND: ChangeMember = ChangeMember { status: Some(NewStatus::Suspended), expected: None };
const REACTIVATE: ChangeMember = ChangeMember { status: Some(NewStatus::Active), expected: None };

fn grant_of(user: &MemberActor, role: cotenant_domain::roles::RoleId) -> RoleGrant {
    RoleGrant { user_id: user.user_id(), role_id: role, store_id: None }
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on_and_is_taken_the_same_way() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let token = world.sign_in("clerk@duka.example", FIRST_TENANT).await.access_token;
    let role = world.role(&owner, "Seller", &[ProductsRead]).await;
    let member = members::grant(&owner, deps, grant_of(&clerk, role)).await.unwrap();
    assert!(member.grants.contains(&grant_of(&clerk, role)));
    assert!(world.authenticate(&token).await.unwrap().permissions().contains(ProductsRead));
    let member = members::revoke(&owner, deps, grant_of(&clerk, role)).await.unwrap();
    assert!(!member.grants.contains(&grant_of(&clerk, role)));
    assert!(!world.authenticate(&token).await.unwrap().permissions().contains(ProductsRead));
}

#[tokio::test]
async fn nobody_gives_or_takes_what_they_do_not_hold() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let granter = world.clerk(&owner, "granter@duka.example", &[RolesGrant, StoresRead]).await;
    let within = world.role(&owner, "Within", &[StoresRead]).await;
    let beyond = world.role(&owner, "Beyond", &[StoresRead, ProductsRead]).await;
    members::grant(&granter, deps, grant_of(&granter, within)).await.unwrap();
    for role in [beyond, world.system_role(&owner, SystemRole::Owner).await] {
        let refused = members::grant(&granter, deps, grant_of(&granter, role)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (FaultKind::Forbidden, "beyond_own_rights"));
        let refused = members::revoke(&granter, deps, grant_of(&owner, role)).await.unwrap_err();
        assert!(matches!(refused, MemberError::BeyondOwnRights));
    }
}

#[tokio::test]
async fn a_right_to_grant_at_one_store_gives_roles_there_and_nowhere_else() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let keeper = world.keeper(&owner, "keeper@duka.example", &[RolesGrant, ProductsRead], &[here]).await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let role = world.role(&owner, "Seller", &[ProductsRead]).await;
    let at = |store_id| RoleGrant { store_id, ..grant_of(&clerk, role) };
    members::grant(&keeper, deps, at(Some(here))).await.unwrap();
    let elsewhere = members::grant(&keeper, deps, at(Some(there))).await.unwrap_err();
    assert_eq!(elsewhere.kind(), FaultKind::NotFound);
    let everywhere = members::grant(&keeper, deps, at(None)).await.unwrap_err();
    assert_eq!(everywhere.kind(), FaultKind::Forbidden);
    let more = world.role(&owner, "Changer", &[ProductsUpdate]).await;
    let beyond = members::grant(&keeper, deps, RoleGrant { role_id: more, ..at(Some(here)) }).await.unwrap_err();
    assert!(matches!(beyond, MemberError::BeyondOwnRights));
    let clerk = world.actor("clerk@duka.example", FIRST_TENANT).await;
    assert!(clerk.held(Some(here)).contains(ProductsRead));
    assert!(clerk.held(Some(there)).is_empty());
}

#[tokio::test]
async fn the_last_owner_stays_whatever_is_tried() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.system_role(&owner, SystemRole::Owner).await;
    let id = owner.user_id();
    for refused in [
        members::revoke(&owner, deps, grant_of(&owner, role)).await.map(drop),
        members::change(&owner, deps, id, SUSPEND).await.map(drop),
        members::remove(&owner, deps, id, None).await,
    ] {
        assert!(matches!(refused, Err(MemberError::LastOwner)), "{refused:?}");
    }
}

#[tokio::test]
async fn of_two_owners_one_may_go_and_then_the_other_stays() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.system_role(&owner, SystemRole::Owner).await;
    let second = world.join(&owner, "second@duka.example", &[role], &[]).await;
    members::change(&owner, deps, second.user_id(), SUSPEND).await.unwrap();
    let alone = members::remove(&owner, deps, owner.user_id(), None).await;
    assert!(matches!(alone, Err(MemberError::LastOwner)), "a suspended owner does not count");
    members::change(&owner, deps, second.user_id(), REACTIVATE).await.unwrap();
    members::remove(&owner, deps, owner.user_id(), None).await.unwrap();
    let second = world.actor("second@duka.example", FIRST_TENANT).await;
    let alone = members::remove(&second, deps, second.user_id(), None).await;
    assert!(matches!(alone, Err(MemberError::LastOwner)));
}

#[tokio::test]
async fn two_owners_who_remove_each_other_at_once_leave_one() {
    let world = World::bootstrap().await;
    let (first, deps) = (world.owner().await, &world.deps);
    let role = world.system_role(&first, SystemRole::Owner).await;
    let second = world.join(&first, "second@duka.example", &[role], &[]).await;
    let (a, b) = tokio::join!(
        members::remove(&first, deps, second.user_id(), None),
        members::remove(&second, deps, first.user_id(), None),
    );
    assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
    let lost = if a.is_err() { a } else { b };
    assert!(matches!(lost, Err(MemberError::Denied(Denied::RightsChanged))), "{lost:?}");
}

#[tokio::test]
async fn who_loses_their_rights_while_their_request_is_under_way_does_nothing_with_them() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let role = world.system_role(&owner, SystemRole::Admin).await;
    let admin = world.join(&owner, "admin@duka.example", &[role], &[]).await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let own = RoleGrant { user_id: admin.user_id(), role_id: role, store_id: None };
    // The admin's request has been let in; now the owner takes the role.
    let admin = world.actor("admin@duka.example", FIRST_TENANT).await;
    members::revoke(&owner, deps, own).await.unwrap();
    let owner = world.owner().await;
    let late = members::remove(&admin, deps, clerk.user_id(), None).await;
    assert!(matches!(late, Err(MemberError::Denied(Denied::RightsChanged))), "{late:?}");
    let late = members::grant(&admin, deps, RoleGrant { user_id: clerk.user_id(), ..own }).await;
    assert!(matches!(late, Err(MemberError::Denied(Denied::RightsChanged))), "{late:?}");
    members::grant(&owner, deps, own).await.unwrap();
    // Whoever has the same rights again, or still, goes on, however much else was changed.
    members::remove(&admin, deps, clerk.user_id(), None).await.unwrap();
}

#[tokio::test]
async fn a_suspension_ends_the_tokens_for_good_and_keeps_the_roles() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let clerk = world.clerk(&owner, "clerk@duka.example", &[StoresRead]).await;
    let token = world.sign_in("clerk@duka.example", FIRST_TENANT).await.access_token;
    let suspended = members::change(&owner, deps, clerk.user_id(), SUSPEND).await.unwrap();
    assert_eq!(suspended.membership.status, MembershipStatus::Suspended);
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    members::change(&owner, deps, clerk.user_id(), REACTIVATE).await.unwrap();
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    let back = world.actor("clerk@duka.example", FIRST_TENANT).await;
    assert!(back.permissions().contains(StoresRead));
}

#[tokio::test]
async fn nobody_suspends_or_removes_who_holds_more_in_the_tenant() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let admin = world.clerk(&owner, "admin@duka.example", &[MembersUpdate, MembersRemove]).await;
    let peer = world.clerk(&owner, "peer@duka.example", &[MembersUpdate]).await;
    for above in [&owner, &world.clerk(&owner, "other@duka.example", &[StoresRead]).await] {
        let refused = members::change(&admin, deps, above.user_id(), SUSPEND).await.unwrap_err();
        assert!(matches!(refused, MemberError::BeyondOwnRights));
        let refused = members::remove(&admin, deps, above.user_id(), None).await.unwrap_err();
        assert!(matches!(refused, MemberError::BeyondOwnRights));
    }
    members::remove(&admin, deps, peer.user_id(), None).await.unwrap();
}

#[tokio::test]
async fn a_removed_member_is_gone_and_comes_back_by_a_new_invitation_without_roles_or_tokens() {
    let world = World::bootstrap().await;
    let (owner, theirs, deps) = (world.owner().await, world.tenant("globex", "boss@globex.example").await, &world.deps);
    let email = "clerk@duka.example";
    let clerk = world.clerk(&owner, email, &[StoresRead]).await;
    let token = world.sign_in(email, FIRST_TENANT).await.access_token;
    world.invite(&theirs, email, &[], &[]).await;
    world.work().await;
    world.accept_as(&clerk, email).await;
    let before = members::view(&owner, deps, clerk.user_id()).await.unwrap();
    members::remove(&owner, deps, clerk.user_id(), Some(before.membership.version)).await.unwrap();
    assert!(matches!(members::view(&owner, deps, clerk.user_id()).await, Err(MemberError::NotFound)));
    assert!(matches!(members::remove(&owner, deps, clerk.user_id(), None).await, Err(MemberError::NotFound)));
    world.invite(&owner, email, &[], &[]).await;
    world.work().await;
    world.accept_as(&world.actor(email, "globex").await, email).await;
    let back = members::view(&owner, deps, clerk.user_id()).await.unwrap();
    assert!(back.grants.is_empty());
    assert!(back.membership.epoch > before.membership.epoch);
    assert_eq!(back.membership.created_at, before.membership.created_at);
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    assert!(world.actor(email, FIRST_TENANT).await.permissions().is_empty());
}

#[tokio::test]
async fn another_tenants_people_roles_and_stores_are_not_there() {
    let world = World::bootstrap().await;
    let (ours, deps) = (world.owner().await, &world.deps);
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let (role, foreign) = (world.role(&ours, "R", &[]).await, world.role(&theirs, "R", &[]).await);
    let store = world.store(&theirs, "A").await.base.id;
    let id = theirs.user_id();
    assert!(matches!(members::view(&ours, deps, id).await, Err(MemberError::NotFound)));
    assert!(matches!(members::change(&ours, deps, id, SUSPEND).await, Err(MemberError::NotFound)));
    assert!(matches!(members::remove(&ours, deps, id, None).await, Err(MemberError::NotFound)));
    for grant in [
        grant_of(&theirs, role),
        grant_of(&ours, foreign),
        RoleGrant { store_id: Some(store), ..grant_of(&ours, role) },
    ] {
        assert!(matches!(members::grant(&ours, deps, grant).await, Err(MemberError::NotFound)), "{grant:?}");
        assert!(matches!(members::revoke(&ours, deps, grant).await, Err(MemberError::NotFound)), "{grant:?}");
    }
}

#[tokio::test]
async fn members_are_listed_for_who_may_see_them() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let clerk = world.clerk(&owner, "clerk@duka.example", &[MembersRead]).await;
    let nobody = world.clerk(&owner, "nobody@duka.example", &[]).await;
    let page = members::list(&clerk, deps, ListMembers::default()).await.unwrap();
    assert_eq!(page.items.len(), 3);
    let filter = MemberFilter { text: Some("clerk@".into()), ..MemberFilter::default() };
    let page = members::list(&clerk, deps, ListMembers { filter, ..ListMembers::default() }).await.unwrap();
    assert_eq!(page.items[0].membership.user_id, clerk.user_id());
    let refused = members::list(&nobody, deps, ListMembers::default()).await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::Forbidden);
}

#[tokio::test]
async fn a_version_that_is_gone_is_stale() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let cmd = ChangeMember { expected: Some(9), ..SUSPEND };
    assert!(matches!(members::change(&owner, deps, clerk.user_id(), cmd).await, Err(MemberError::Stale)));
    assert!(matches!(members::remove(&owner, deps, clerk.user_id(), Some(9)).await, Err(MemberError::Stale)));
}
