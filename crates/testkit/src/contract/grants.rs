//! What is read of grants to explain them and to foretell what a change does.

use cotenant_domain::members::RoleGrant;
use cotenant_domain::roles::{GivenRole, RoleHolder};
use cotenant_domain::services::ServiceGrant;
use cotenant_domain::tenancy::{Permission, Principal, StoresRead};
use time::Duration;

use super::{Kit, deletion, reader, steward, world};

/// A grant is read with when it was given and by whom, of deleted roles and at deleted stores too; given again, it stays as
/// it was. Those of others are not among them.
pub async fn a_grant_is_read_with_when_and_by_whom(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let (role_id, gone) = (world.role(&owner, "A", &[]).await, world.role(&owner, "B", &[]).await);
    let store = world.store(&owner, "A").await.base.id;
    let (now, by) = (world.deps.clock.now(), owner.user_id());
    let at = |role_id, store_id| RoleGrant { user_id: clerk.user_id(), role_id, store_id };
    let unit = steward(&world, &owner).await;
    unit.members().revoke_all(clerk.user_id()).await.unwrap();
    unit.members().grant(&at(role_id, None), Principal::User(by), now).await.unwrap();
    let later = now + Duration::HOUR;
    unit.members().grant(&at(gone, Some(store)), Principal::System, later).await.unwrap();
    unit.members().grant(&at(role_id, None), Principal::System, later).await.unwrap();
    unit.roles().delete(gone, deletion(&world), 1).await.unwrap();
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let mut given = reader(&world, &owner).await.members().given(clerk.user_id()).await.unwrap();
    given.sort_by_key(|given| given.at);
    let first = GivenRole { role_id, store_id: None, at: now, by: Some(by) };
    assert_eq!(given, [first, GivenRole { role_id: gone, store_id: Some(store), at: later, by: None }]);
}

/// A scope of one store reads the grants there and in the whole tenant, and finds no other store.
pub async fn a_scope_of_one_store_reads_the_grants_there(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    let gone = world.store(&owner, "C").await.base.id;
    let keeper = world.keeper(&owner, "keeper@duka.example", &[Permission::StoresRead], &[here, there]).await;
    let narrow = world.keeper(&owner, "narrow@duka.example", &[Permission::StoresRead], &[here]).await;
    let unit = steward(&world, &owner).await;
    unit.stores().delete(gone, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = world.deps.db.read(&narrow.authorize(StoresRead).unwrap()).await.unwrap();
    let given = unit.members().given(keeper.user_id()).await.unwrap();
    assert_eq!(given.iter().map(|given| given.store_id).collect::<Vec<_>>(), [Some(here)]);
    let stores = unit.stores().find_all(&[here, there, gone]).await.unwrap();
    assert_eq!(stores.iter().map(|store| store.base.id).collect::<Vec<_>>(), [here]);
    drop(unit);
    let unit = reader(&world, &owner).await;
    assert_eq!(unit.stores().find_all(&[here, there, gone]).await.unwrap().len(), 2, "live ones only");
    assert_eq!(unit.stores().find_all(&[]).await.unwrap(), []);
}

/// Of those who hold a role all grants in force are read, and nobody else's; so are they by their ids.
pub async fn those_who_hold_a_role_are_read_with_all_their_grants(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let (role, other) = (world.role(&owner, "A", &[]).await, world.role(&owner, "B", &[]).await);
    let holder = world.join(&owner, "holder@duka.example", &[role, other], &[]).await.user_id();
    let keeper = world.keeper(&owner, "keeper@duka.example", &[], &[store]).await.user_id();
    let stranger = world.join(&owner, "stranger@duka.example", &[other], &[]).await.user_id();
    let unit = steward(&world, &owner).await;
    let at_store = RoleGrant { user_id: keeper, role_id: role, store_id: Some(store) };
    unit.members().grant(&at_store, Principal::System, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    let grants = unit.members().grants_of_holders(role).await.unwrap();
    let of = |user| grants.iter().filter(|grant| grant.holder == RoleHolder::Member(user)).count();
    assert_eq!((of(holder), of(keeper), grants.len()), (2, 2, 4), "{grants:?}");
    let mut members = unit.members().find_all(&[holder, stranger]).await.unwrap();
    members.sort_by_key(|member| member.email.to_string());
    let found: Vec<_> = members.iter().map(|member| (member.membership.user_id, member.grants.len())).collect();
    assert_eq!(found, [(holder, 2), (stranger, 1)]);
    assert_eq!(unit.members().find_all(&[]).await.unwrap(), []);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let grants = reader(&world, &owner).await.members().grants_of_holders(role).await.unwrap();
    assert!(
        grants.iter().all(|grant| grant.holder == RoleHolder::Member(holder)),
        "at a deleted store nothing is held: {grants:?}"
    );
}

/// Of service accounts as of members: of those that hold a role all grants in force, and no other's.
pub async fn accounts_that_hold_a_role_are_read_with_all_their_grants(kit: &dyn Kit) {
    let world = world(kit).await;
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let (store, role) = (world.store(&owner, "A").await.base.id, world.role(&owner, "A", &[]).await);
    let (other, now) = (world.role(&owner, "B", &[]).await, world.deps.clock.now());
    let unit = steward(&world, &owner).await;
    let mut ids = Vec::new();
    for (name, held) in [
        ("Both", vec![(role, None), (other, None)]),
        ("Here", vec![(role, Some(store))]),
        ("Stranger", vec![(other, Some(store))]),
    ] {
        let account = world.new_service(owner.tenant_id(), name);
        let account_id = account.base.id;
        unit.services().insert(&account).await.unwrap();
        for (role_id, store_id) in held {
            let grant = ServiceGrant { account_id, role_id, store_id };
            unit.services().grant(&grant, Principal::System, now).await.unwrap();
        }
        ids.push(account_id);
    }
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    let grants = unit.services().grants_of_holders(role).await.unwrap();
    let of = |n: usize| grants.iter().filter(|grant| grant.holder == RoleHolder::Service(ids[n])).count();
    assert_eq!((of(0), of(1), grants.len()), (2, 1, 3), "{grants:?}");
    assert_eq!(unit.members().grants_of_holders(role).await.unwrap(), []);
    let mut services = unit.services().find_all(&[ids[0], ids[2]]).await.unwrap();
    services.sort_by_key(|service| service.account.name.to_string());
    let found: Vec<_> = services.iter().map(|service| (service.account.base.id, service.grants.len())).collect();
    assert_eq!(found, [(ids[0], 2), (ids[2], 1)]);
    assert_eq!(unit.services().find_all(&[]).await.unwrap(), []);
    drop(unit);
    let unit = reader(&world, &theirs).await;
    assert_eq!(unit.services().grants_of_holders(role).await.unwrap(), []);
    assert_eq!(unit.services().given(ids[0]).await.unwrap(), []);
    assert_eq!(unit.services().rights(ids[0]).await.unwrap(), None);
    assert_eq!(unit.services().find_all(&ids).await.unwrap(), []);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    unit.services().delete(ids[2], deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    let grants = unit.services().grants_of_holders(role).await.unwrap();
    assert!(grants.iter().all(|grant| grant.holder == RoleHolder::Service(ids[0])), "{grants:?}");
    assert_eq!(unit.services().find_all(&ids).await.unwrap().len(), 2, "live ones only");
    assert_eq!(unit.services().rights(ids[2]).await.unwrap(), None);
}

/// Grants and people of another tenant are not there.
pub async fn another_tenants_grants_are_not_read(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let role = world.role(&theirs, "Theirs", &[]).await;
    let (clerk, store) =
        (world.join(&theirs, "clerk@globex.example", &[role], &[]).await, world.store(&theirs, "A").await);
    let unit = reader(&world, &ours).await;
    assert_eq!(unit.members().given(clerk.user_id()).await.unwrap(), []);
    assert_eq!(unit.members().rights(clerk.user_id()).await.unwrap(), None);
    assert_eq!(unit.members().grants_of_holders(role).await.unwrap(), []);
    assert_eq!(unit.members().find_all(&[clerk.user_id()]).await.unwrap(), []);
    assert_eq!(unit.stores().find_all(&[store.base.id]).await.unwrap(), []);
    assert_eq!(unit.roles().find_named(&"Theirs".parse().unwrap()).await.unwrap(), None);
}

/// A role is found by its name, whatever the case, while it lives.
pub async fn a_role_is_found_by_its_name(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let role = world.role(&owner, "Straße", &[]).await;
    let named = async |name: &str| {
        let found = reader(&world, &owner).await.roles().find_named(&name.parse().unwrap()).await.unwrap();
        found.map(|role| role.base.id)
    };
    assert_eq!((named("straße").await, named("Stra").await), (Some(role), None));
    let unit = steward(&world, &owner).await;
    unit.roles().delete(role, deletion(&world), 1).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(named("Straße").await, None);
}
