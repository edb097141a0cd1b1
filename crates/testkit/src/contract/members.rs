use cotenant_domain::members::{MembershipStatus, RoleGrant};
use cotenant_domain::roles::SystemRole;
use cotenant_domain::shared::PageRequest;
use cotenant_domain::tenancy::{Actor, Principal};

use super::{Kit, add_person, deletion, platform, reader, steward, world, writer};
use crate::world::World;

/// Adds a member who holds nothing.
async fn member(world: &World, owner: &Actor, email: &str) -> cotenant_domain::identity::UserId {
    let person = world.new_person(email);
    add_person(world, &person).await.unwrap();
    let unit = steward(world, owner).await;
    unit.members().insert(&world.new_membership(person.base.id)).await.unwrap();
    unit.commit().await.unwrap();
    person.base.id
}

/// A grant is given once and taken once, tenant-wide and at a store apart.
pub async fn a_grant_is_given_once_and_taken_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let user_id = member(&world, &owner, "new@duka.example").await;
    let role_id = world.system_role(&owner, SystemRole::Member).await;
    let store_id = Some(world.store(&owner, "A").await.base.id);
    let (now, by) = (world.deps.clock.now(), Principal::User(owner.user_id()));
    let unit = steward(&world, &owner).await;
    for grant in [RoleGrant { user_id, role_id, store_id: None }, RoleGrant { user_id, role_id, store_id }] {
        assert!(!unit.members().revoke(&grant).await.unwrap(), "it was not given yet");
        assert!(unit.members().grant(&grant, by, now).await.unwrap());
        assert!(!unit.members().grant(&grant, by, now).await.unwrap(), "it was given already");
    }
    assert_eq!(unit.members().find(user_id).await.unwrap().unwrap().grants.len(), 2);
    assert!(unit.members().revoke(&RoleGrant { user_id, role_id, store_id: None }).await.unwrap());
    let left = unit.members().find(user_id).await.unwrap().unwrap().grants;
    assert_eq!(left, [RoleGrant { user_id, role_id, store_id }]);
    unit.commit().await.unwrap();
}

/// Taking all roles of a member takes them everywhere, and nobody else's.
pub async fn all_roles_of_one_member_can_be_taken(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let user_id = member(&world, &owner, "new@duka.example").await;
    let role_id = world.system_role(&owner, SystemRole::Member).await;
    let store_id = Some(world.store(&owner, "A").await.base.id);
    let (now, by) = (world.deps.clock.now(), Principal::System);
    let unit = steward(&world, &owner).await;
    for store_id in [None, store_id] {
        unit.members().grant(&RoleGrant { user_id, role_id, store_id }, by, now).await.unwrap();
    }
    unit.members().revoke_all(user_id).await.unwrap();
    assert_eq!(unit.members().find(user_id).await.unwrap().unwrap().grants, []);
    assert_eq!(unit.members().find(owner.user_id()).await.unwrap().unwrap().grants.len(), 1);
    assert_eq!(unit.members().count_owners().await.unwrap(), 1);
}

/// A member shows grants of live roles at live stores only; they come back with the store.
pub async fn grants_of_deleted_roles_or_at_deleted_stores_do_not_show(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let user_id = member(&world, &owner, "new@duka.example").await;
    let (kept, gone) = (world.role(&owner, "Kept", &[]).await, world.role(&owner, "Gone", &[]).await);
    let store = world.store(&owner, "A").await.base.id;
    let (now, by) = (world.deps.clock.now(), Principal::System);
    let unit = steward(&world, &owner).await;
    for (role_id, store_id) in [(kept, None), (gone, None), (kept, Some(store)), (gone, Some(store))] {
        unit.members().grant(&RoleGrant { user_id, role_id, store_id }, by, now).await.unwrap();
    }
    let at = |store_id| RoleGrant { user_id, role_id: kept, store_id };
    unit.roles().delete(gone, deletion(&world), 1).await.unwrap();
    let mut shown = unit.members().find(user_id).await.unwrap().unwrap().grants;
    shown.sort_by_key(|grant| grant.store_id);
    assert_eq!(shown, [at(None), at(Some(store))]);
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    assert_eq!(unit.members().find(user_id).await.unwrap().unwrap().grants, [at(None)]);
    let page = unit.members().list(&Default::default(), &PageRequest::default()).await.unwrap().items;
    let listed = page.into_iter().find(|member| member.membership.user_id == user_id).unwrap();
    assert_eq!(listed.grants, [at(None)]);
    unit.stores().restore(store, now, 2).await.unwrap();
    assert_eq!(unit.members().find(user_id).await.unwrap().unwrap().grants.len(), 2);
}

/// Owners are active members who hold the owner role in the whole tenant.
pub async fn owners_are_active_and_tenant_wide(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let second = member(&world, &owner, "second@duka.example").await;
    let role_id = world.system_role(&owner, SystemRole::Owner).await;
    let admin = world.system_role(&owner, SystemRole::Admin).await;
    let store_id = Some(world.store(&owner, "A").await.base.id);
    let (now, by) = (world.deps.clock.now(), Principal::System);
    let unit = steward(&world, &owner).await;
    assert_eq!(unit.members().count_owners().await.unwrap(), 1);
    unit.members().grant(&RoleGrant { user_id: second, role_id, store_id }, by, now).await.unwrap();
    unit.members().grant(&RoleGrant { user_id: second, role_id: admin, store_id: None }, by, now).await.unwrap();
    assert_eq!(unit.members().count_owners().await.unwrap(), 1, "neither a store's owner nor an admin counts");
    unit.members().grant(&RoleGrant { user_id: second, role_id, store_id: None }, by, now).await.unwrap();
    assert_eq!(unit.members().count_owners().await.unwrap(), 2);
    let mut membership = unit.members().find(second).await.unwrap().unwrap().membership;
    membership.status = MembershipStatus::Suspended;
    membership.version += 1;
    unit.members().update(&membership, 1).await.unwrap();
    assert_eq!(unit.members().count_owners().await.unwrap(), 1, "a suspended owner does not count");
}

/// The owners of one tenant do not count in another.
pub async fn owners_are_counted_per_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let ours = world.owner().await;
    for owner in [&ours, &theirs] {
        assert_eq!(writer(&world, owner).await.members().count_owners().await.unwrap(), 1);
    }
}

/// A person sees their own memberships in live tenants, removed ones left out, and the tenants' present state.
pub async fn a_person_signs_in_to_live_memberships_only(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let operator = world.operator().await;
    world.invite(&theirs, crate::world::OPERATOR, &[], &[]).await;
    world.work().await;
    world.accept_as(&owner, crate::world::OPERATOR).await;
    assert_eq!(slugs(&world).await, ["acme", "globex"]);
    let found = platform(&world, &operator).await.tenants().find(theirs.tenant_id()).await;
    let mut tenant = found.unwrap().unwrap();
    for deleted in [Some(deletion(&world)), None] {
        let version = tenant.base.version;
        tenant.deletion = deleted;
        tenant.base.touch(world.deps.clock.now());
        let unit = platform(&world, &operator).await;
        unit.tenants().update(&tenant, version).await.unwrap();
        unit.commit().await.unwrap();
        assert_eq!(slugs(&world).await.len(), if deleted.is_some() { 1 } else { 2 });
    }
    let unit = steward(&world, &theirs).await;
    let mut membership = unit.members().find(owner.user_id()).await.unwrap().unwrap().membership;
    let version = membership.version;
    membership.status = MembershipStatus::Removed;
    membership.version += 1;
    unit.members().update(&membership, version).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(slugs(&world).await, ["acme"]);
    assert!(reader(&world, &theirs).await.members().find(owner.user_id()).await.unwrap().is_some());
}

/// The tenants that the first person is offered at sign-in.
async fn slugs(world: &World) -> Vec<String> {
    use cotenant_domain::identity::{Login, LoginError, login};
    let cmd =
        Login { email: crate::world::OPERATOR.parse().unwrap(), password: crate::world::PASSWORD.into(), tenant: None };
    let mut slugs = match login(&world.deps, &Default::default(), cmd).await {
        Ok(signed_in) => vec![signed_in.tenant.slug.to_string()],
        Err(LoginError::TenantNeeded { tenants }) => tenants.iter().map(|choice| choice.slug.to_string()).collect(),
        Err(error) => panic!("{error:?}"),
    };
    slugs.sort();
    slugs
}
