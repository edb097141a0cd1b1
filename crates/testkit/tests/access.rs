//! Why somebody may, or may not.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::access::{AccessError, Explained, Question, Reason, explain};
use cotenant_domain::members::{self, ChangeMember, NewStatus, RoleGrant};
use cotenant_domain::platform;
use cotenant_domain::roles::{RoleHolder, SystemRole};
use cotenant_domain::services::{self, ChangeService, CreateKey, CreateService, ServiceGrant, ServiceStatus};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::stores;
use cotenant_domain::tenancy::Permission::{
    self, DeletedRead, InvitationsCreate, MembersRead, ProductsDelete, ProductsRead, RolesRead, ServiceAccountsRead,
    StoresRead,
};
use cotenant_domain::tenancy::{self, Denied, MemberActor, StoreSet};
use cotenant_testkit::World;
use cotenant_testkit::world::FIRST_TENANT;
use time::Duration;

fn may(user: &MemberActor, permission: Permission) -> Question {
    Question { holder: Some(RoleHolder::Member(user.user_id())), permission, store: None }
}

async fn why(world: &World, asker: &MemberActor, question: Question) -> Explained {
    explain(asker, &world.deps, question).await.unwrap()
}

#[tokio::test]
async fn it_is_told_by_which_role_where_since_when_and_by_whom() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let clerk = world.clerk(&owner, "clerk@duka.example", &[StoresRead]).await;
    let role_id = world.role(&owner, "Seller", &[ProductsDelete]).await;
    world.clock.advance(Duration::hours(3));
    let grant = RoleGrant { user_id: clerk.user_id(), role_id, store_id: Some(here) };
    members::grant(&owner, &world.deps, grant).await.unwrap();
    let owner = world.owner().await;
    let told = why(&world, &owner, Question { store: Some(here), ..may(&clerk, ProductsDelete) }).await;
    assert!(told.allowed && told.reasons.is_empty() && told.left_out == 0);
    let only = &told.grants[0];
    let given = only.carried.given;
    assert_eq!((given.role_id, given.store_id, only.carried.counts), (role_id, Some(here), true));
    assert_eq!((only.carried.given.at, only.carried.given.by), (world.deps.clock.now(), Some(owner.user_id())));
    assert_eq!((only.carried.role.name.as_str(), only.store_name.as_ref().unwrap().as_str()), ("Seller", "Store A"));
    let told = why(&world, &owner, Question { store: Some(there), ..may(&clerk, ProductsDelete) }).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::HeldElsewhere]));
    assert_eq!(told.reach, Some(StoreSet::Only([here].into())));
}

#[tokio::test]
async fn what_became_of_member_and_store_is_told() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let store = world.store(&owner, "A").await.base.id;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[ProductsRead]).await;
    let question = Question { store: Some(store), ..may(&clerk, ProductsRead) };
    assert!(why(&world, &owner, question).await.allowed);
    stores::delete(&owner, deps, store, None).await.unwrap();
    assert_eq!(why(&world, &owner, question).await.reasons, [Reason::StoreDeleted]);
    let suspend = ChangeMember { status: Some(NewStatus::Suspended), expected: None };
    members::change(&*world.owner().await, deps, clerk.user_id(), suspend).await.unwrap();
    let told = why(&world, &owner, question).await;
    assert_eq!(told.reasons, [Reason::MemberSuspended, Reason::StoreDeleted]);
    assert_eq!((told.allowed, told.reach), (false, Some(StoreSet::All)), "the roles stay");
    let told = why(&world, &owner, may(&clerk, ProductsRead)).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::MemberSuspended]));
    members::remove(&*world.owner().await, deps, clerk.user_id(), None).await.unwrap();
    let told = why(&world, &owner, may(&clerk, ProductsRead)).await;
    assert_eq!(told.reasons, [Reason::MemberRemoved, Reason::HeldNowhere]);
}

#[tokio::test]
async fn a_tenant_that_is_not_in_use_tells_its_members_why() {
    let world = World::bootstrap().await;
    let operator = world.operator().await;
    let boss = world.tenant("globex", "boss@globex.example").await;
    let own = Question { holder: None, permission: StoresRead, store: None };
    assert!(why(&world, &boss, own).await.allowed);
    let reason = "unpaid".parse().unwrap();
    platform::suspend(&operator, &world.deps, boss.tenant_id(), reason, None).await.unwrap();
    let boss = world.actor("boss@globex.example", "globex").await;
    let told = why(&world, &boss, own).await;
    assert_eq!((told.allowed, told.reasons, told.grants.len()), (false, vec![Reason::TenantSuspended], 1));
    let other = Question { holder: Some(RoleHolder::Member(world.owner().await.user_id())), ..own };
    let refused = explain(&boss, &world.deps, other).await.unwrap_err();
    assert_eq!(refused.code(), "tenant_suspended");
}

#[tokio::test]
async fn about_others_asks_who_sees_members_and_roles() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    for (name, permissions, code) in [
        ("both", vec![MembersRead, RolesRead], None),
        ("members", vec![MembersRead], Some("forbidden")),
        ("roles", vec![RolesRead], Some("forbidden")),
    ] {
        let asker = world.clerk(&owner, &format!("{name}@duka.example"), &permissions).await;
        let answer = explain(&asker, deps, may(&owner, StoresRead)).await;
        assert_eq!(answer.as_ref().err().map(Fault::code), code, "{name}: {answer:?}");
        assert!(why(&world, &asker, may(&asker, permissions[0])).await.allowed, "about oneself everybody may");
    }
}

#[tokio::test]
async fn a_keeper_of_one_store_learns_of_no_other_and_not_who_gave_the_role() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let admin = world.system_role(&owner, SystemRole::Admin).await;
    let keeper = world.keeper(&owner, "keeper@duka.example", &[ProductsRead], &[here]).await;
    let grant = RoleGrant { user_id: keeper.user_id(), role_id: admin, store_id: Some(here) };
    members::grant(&owner, deps, grant).await.unwrap();
    let keeper = world.actor("keeper@duka.example", FIRST_TENANT).await;
    let own = |permission, store| Question { holder: None, permission, store: Some(store) };
    let nothing = cotenant_domain::stores::StoreId::new(deps.ids.next());
    for store in [there, nothing] {
        for permission in [ProductsRead, ProductsDelete, MembersRead] {
            let answer = explain(&keeper, deps, own(permission, store)).await;
            assert!(matches!(answer, Err(AccessError::NotFound)), "{answer:?}");
        }
    }
    let told = why(&world, &keeper, own(ProductsRead, here)).await;
    assert!(told.allowed && told.grants.iter().all(|grant| grant.carried.given.by.is_none()));
    assert!(told.grants.iter().all(|grant| grant.store_name.is_some()), "an admin sees the store");
    let told = why(&world, &keeper, own(MembersRead, here)).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::NeedsWholeTenant]));
    let others = explain(&keeper, deps, may(&owner, ProductsRead)).await.unwrap_err();
    assert_eq!(others.kind(), FaultKind::Forbidden, "what lets one see members does not count at a store");
}

#[tokio::test]
async fn who_holds_something_in_the_whole_tenant_may_ask_about_any_store() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[MembersRead]).await;
    let own = |permission| Question { holder: None, permission, store: Some(store) };
    assert!(why(&world, &clerk, own(MembersRead)).await.allowed, "what is held in the whole tenant is held there too");
    assert_eq!(why(&world, &clerk, own(ProductsRead)).await.reasons, [Reason::HeldNowhere]);
}

#[tokio::test]
async fn names_of_stores_are_told_to_who_may_see_them_and_deleted_ones_to_who_may_see_those() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, gone) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let keeper = world.keeper(&owner, "keeper@duka.example", &[ProductsRead], &[here]).await;
    let clerk = world.clerk(&owner, "people@duka.example", &[MembersRead, RolesRead]).await;
    let told = why(&world, &clerk, Question { store: Some(here), ..may(&keeper, ProductsRead) }).await;
    assert!(told.allowed && told.grants[0].store_name.is_none());
    stores::delete(&owner, deps, gone, None).await.unwrap();
    let question = Question { store: Some(gone), ..may(&keeper, ProductsRead) };
    assert!(matches!(explain(&clerk, deps, question).await, Err(AccessError::NotFound)));
    let archivist = world.clerk(&world.owner().await, "old@duka.example", &[MembersRead, RolesRead, DeletedRead]).await;
    let told = why(&world, &archivist, question).await;
    assert_eq!(told.reasons, [Reason::StoreDeleted, Reason::HeldElsewhere]);
}

#[tokio::test]
async fn who_never_was_a_member_and_a_store_of_another_tenant_are_not_there() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let store = world.store(&theirs, "A").await.base.id;
    for question in [may(&theirs, StoresRead), Question { store: Some(store), ..may(&owner, StoresRead) }] {
        let answer = explain(&owner, &world.deps, question).await;
        assert!(matches!(answer, Err(AccessError::NotFound)), "{answer:?}");
    }
}

#[tokio::test]
async fn of_many_grants_the_most_telling_are_told_and_the_others_counted() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let role_id = world.role(&owner, "Seller", &[ProductsRead]).await;
    let keeper = world.keeper(&owner, "keeper@duka.example", &[], &[]).await;
    let mut stores = Vec::new();
    for n in 0..103 {
        let store = world.store(&owner, &format!("S{n}")).await.base.id;
        let grant = RoleGrant { user_id: keeper.user_id(), role_id, store_id: Some(store) };
        members::grant(&owner, &world.deps, grant).await.unwrap();
        stores.push(store);
    }
    let last = stores[102];
    let told = why(&world, &owner, Question { store: Some(last), ..may(&keeper, ProductsRead) }).await;
    assert_eq!((told.grants.len(), told.left_out), (100, 3));
    assert_eq!(told.grants[0].carried.given.store_id, Some(last));
}

#[tokio::test]
async fn a_service_account_is_explained_as_a_member_is_and_as_its_keys_are_let_in() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let role_id = world.role(&owner, "Till", &[ProductsRead, InvitationsCreate]).await;
    let cmd = CreateService { id: None, name: "Till".parse().unwrap(), description: None };
    let id = services::create(&owner, deps, cmd).await.unwrap().account.base.id;
    services::grant(&owner, deps, ServiceGrant { account_id: id, role_id, store_id: Some(here) }).await.unwrap();
    let cmd = CreateKey { name: "Till".parse().unwrap(), expires_at: None };
    let key = services::create_key(&world.owner().await, deps, id, cmd).await.unwrap();
    let till = async || world.bearer(&key.text).await.unwrap();
    let about = |permission, store| Question { holder: Some(RoleHolder::Service(id)), permission, store };
    let owner = world.owner().await;
    let told = why(&world, &owner, about(ProductsRead, Some(here))).await;
    assert!(told.allowed && till().await.authorize(tenancy::ProductsRead).is_ok());
    let given = told.grants[0].carried.given;
    assert_eq!((given.role_id, given.at, given.by), (role_id, deps.clock.now(), Some(owner.user_id())));
    let told = why(&world, &owner, about(ProductsRead, Some(there))).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::HeldElsewhere]));

    services::grant(&owner, deps, ServiceGrant { account_id: id, role_id, store_id: None }).await.unwrap();
    let owner = world.owner().await;
    let told = why(&world, &owner, about(InvitationsCreate, None)).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::PeopleOnly]), "whatever it holds");
    assert!(matches!(till().await.authorize(tenancy::InvitationsCreate), Err(Denied::PeopleOnly)));

    for (permissions, sees) in [(vec![MembersRead, RolesRead], false), (vec![ServiceAccountsRead, RolesRead], true)] {
        let asker = world.clerk(&world.owner().await, &format!("{sees}@duka.example"), &permissions).await;
        assert_eq!(explain(&asker, deps, about(ProductsRead, None)).await.is_ok(), sees);
    }
    let disable = ChangeService { status: Some(ServiceStatus::Disabled), ..ChangeService::default() };
    services::change(&world.owner().await, deps, id, disable).await.unwrap();
    let told = why(&world, &world.owner().await, about(ProductsRead, None)).await;
    assert_eq!((told.allowed, told.reasons), (false, vec![Reason::ServiceAccountDisabled]));
    assert!(world.bearer(&key.text).await.is_err());
    services::delete(&world.owner().await, deps, id, None).await.unwrap();
    for asker in [world.owner().await, world.tenant("globex", "boss@globex.example").await] {
        let answer = explain(&asker, deps, about(ProductsRead, None)).await;
        assert!(matches!(answer, Err(AccessError::NotFound)), "{answer:?}");
    }
}
