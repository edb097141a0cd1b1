use cotenant_domain::members::MembershipStatus;
use cotenant_domain::roles::GivenRole;
use cotenant_domain::services::{
    API_KEY_ID_UNIQUE, ApiKeyId, KeyHash, SERVICE_ID_UNIQUE, SERVICE_NAME_UNIQUE, ServiceAccountId, ServiceFilter,
    ServiceGrant, ServiceStatus,
};
use cotenant_domain::shared::{Limit, PageRequest};
use cotenant_domain::tenancy::{Grant, Permission, Principal, TenantRead};
use time::Duration;

use super::{
    Kit, assert_conflict, assert_missing_reference, assert_out_of_reach, assert_out_of_scope, assert_stale, deletion,
    reader, steward, world, writer,
};

/// A service account is read back as it was written, changed at its version only, and gone when it is deleted.
pub async fn a_service_account_is_read_back_and_changed_at_its_version(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut account = world.new_service(owner.tenant_id(), "Till");
    account.description = Some("Reads prices".parse().unwrap());
    let id = account.base.id;
    let unit = writer(&world, &owner).await;
    unit.services().insert(&account).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(reader(&world, &owner).await.services().find(id).await.unwrap().unwrap().account, account);
    account.name = "Scale".parse().unwrap();
    (account.description, account.status) = (None, ServiceStatus::Disabled);
    account.base.touch(world.deps.clock.now() + Duration::HOUR);
    let unit = steward(&world, &owner).await;
    unit.services().update(&account, 1).await.unwrap();
    assert_eq!(unit.services().find(id).await.unwrap().unwrap().account, account);
    unit.commit().await.unwrap();
    let unit = steward(&world, &owner).await;
    assert_stale(unit.services().update(&account, 1).await);
    drop(unit);
    let unit = steward(&world, &owner).await;
    unit.services().delete(id, deletion(&world), 2).await.unwrap();
    assert_eq!(unit.services().find(id).await.unwrap(), None);
    assert_eq!(unit.services().rights(id).await.unwrap(), None);
    assert_eq!(unit.services().list(&ServiceFilter::default(), &PageRequest::default()).await.unwrap().items, []);
    assert_stale(unit.services().delete(id, deletion(&world), 3).await);
}

/// Names of service accounts are unique while they live, ids for good, and each tenant has its own.
pub async fn names_and_ids_of_service_accounts_are_unique_in_the_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let account = world.new_service(ours.tenant_id(), "Till");
    let unit = writer(&world, &ours).await;
    unit.services().insert(&account).await.unwrap();
    unit.commit().await.unwrap();
    let unit = writer(&world, &ours).await;
    assert_conflict(unit.services().insert(&world.new_service(ours.tenant_id(), "TILL")).await, SERVICE_NAME_UNIQUE);
    drop(unit);
    let mut again = world.new_service(ours.tenant_id(), "Other");
    again.base.base.id = account.base.id;
    let unit = writer(&world, &ours).await;
    assert_conflict(unit.services().insert(&again).await, SERVICE_ID_UNIQUE);
    drop(unit);
    let mut twin = account.clone();
    twin.base.tenant_id = theirs.tenant_id();
    let unit = writer(&world, &theirs).await;
    unit.services().insert(&twin).await.unwrap();
    unit.commit().await.unwrap();
    let unit = steward(&world, &ours).await;
    unit.services().delete(account.base.id, deletion(&world), 1).await.unwrap();
    unit.services().insert(&world.new_service(ours.tenant_id(), "Till")).await.unwrap();
    unit.commit().await.unwrap();
    assert!(reader(&world, &theirs).await.services().find(account.base.id).await.unwrap().is_some());
}

/// A service account holds what it was given: once, at each place apart, of live roles at live stores.
pub async fn a_service_account_holds_what_it_was_given(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let account = world.new_service(owner.tenant_id(), "Till");
    let account_id = account.base.id;
    let (kept, gone) =
        (world.role(&owner, "Kept", &[Permission::StoresRead]).await, world.role(&owner, "Gone", &[]).await);
    let store = world.store(&owner, "A").await.base.id;
    let (now, by) = (world.deps.clock.now(), Principal::User(owner.user_id()));
    let unit = steward(&world, &owner).await;
    unit.services().insert(&account).await.unwrap();
    let at = |role_id, store_id| ServiceGrant { account_id, role_id, store_id };
    for grant in [at(kept, None), at(kept, Some(store)), at(gone, None)] {
        assert!(!unit.services().revoke(&grant).await.unwrap(), "it was not given yet");
        assert!(unit.services().grant(&grant, by, now).await.unwrap());
        assert!(!unit.services().grant(&grant, by, now).await.unwrap(), "it was given already");
    }
    unit.roles().delete(gone, deletion(&world), 1).await.unwrap();
    let mut held = unit.services().find(account_id).await.unwrap().unwrap().grants;
    held.sort();
    assert_eq!(held, [at(kept, None), at(kept, Some(store))]);
    let permissions = [Permission::StoresRead].into_iter().collect();
    let mut rights = unit.services().rights(account_id).await.unwrap().unwrap();
    rights.grants.sort_by_key(|grant| grant.store);
    assert_eq!((rights.status, rights.epoch), (MembershipStatus::Active, 0));
    assert_eq!(rights.grants, [Grant { store: None, permissions }, Grant { store: Some(store), permissions }]);
    unit.stores().delete(store, deletion(&world), 1).await.unwrap();
    assert_eq!(unit.services().rights(account_id).await.unwrap().unwrap().grants.len(), 1);
    let given = unit.services().given(account_id).await.unwrap();
    let by = Some(owner.user_id());
    let expected = GivenRole { role_id: kept, store_id: Some(store), at: now, by };
    assert!(given.contains(&expected), "a deleted store's grants are given and not held: {given:?}");
    assert_eq!(given.len(), 3, "and so are those of a deleted role: {given:?}");
    let by = Principal::User(owner.user_id());
    unit.services().revoke_all(account_id).await.unwrap();
    assert_eq!(unit.services().rights(account_id).await.unwrap().unwrap().grants, []);
    assert_missing_reference(
        unit.services().grant(&at(cotenant_domain::shared::Id::new(account_id.as_uuid()), None), by, now).await,
    );
}

/// Whatever changes what a service account may do commits only if the access version rose.
pub async fn rights_of_services_do_not_change_without_the_access_version(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut account = world.new_service(owner.tenant_id(), "Till");
    let (role_id, store) = (world.role(&owner, "Role", &[]).await, world.store(&owner, "A").await.base.id);
    let unit = writer(&world, &owner).await;
    unit.services().insert(&account).await.unwrap();
    unit.commit().await.unwrap();
    let account_id = account.base.id;
    let (now, by) = (world.deps.clock.now(), Principal::System);
    let at = |store_id| ServiceGrant { account_id, role_id, store_id };
    account.status = ServiceStatus::Disabled;
    account.base.touch(now);
    for act in ["given", "given at a store", "taken", "taken at a store", "disabled", "deleted"] {
        for raised in [false, true] {
            let unit = writer(&world, &owner).await;
            let services = unit.services();
            match act {
                "given" => assert!(services.grant(&at(None), by, now).await.unwrap()),
                "given at a store" => assert!(services.grant(&at(Some(store)), by, now).await.unwrap()),
                "taken" => assert!(services.revoke(&at(None)).await.unwrap()),
                "taken at a store" => assert!(services.revoke(&at(Some(store))).await.unwrap()),
                "disabled" => services.update(&account, 1).await.unwrap(),
                _ => services.delete(account_id, deletion(&world), 2).await.unwrap(),
            }
            if raised {
                unit.tenant().raise_access_version().await.unwrap();
            }
            assert_eq!(unit.commit().await.is_ok(), raised, "{act}");
        }
    }
}

/// A key is read back as it was written, ends by its own end or when it is revoked, and is told apart from its account's others.
pub async fn a_key_is_read_back_and_ends(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let account = world.new_service(owner.tenant_id(), "Till");
    let (id, now) = (account.base.id, world.deps.clock.now());
    let mut first = world.new_key(&account, &owner);
    first.hash = KeyHash::new([7; 32]);
    let mut second = world.new_key(&account, &owner);
    second.expires_at = Some(now + Duration::HOUR);
    let unit = writer(&world, &owner).await;
    unit.services().insert(&account).await.unwrap();
    for key in [&first, &second] {
        unit.api_keys().insert(key).await.unwrap();
    }
    let keys = unit.api_keys();
    assert_eq!(keys.count_good(id, now).await.unwrap(), 2);
    assert_eq!(keys.count_good(id, now + Duration::HOUR).await.unwrap(), 1);
    assert_eq!(keys.find(id, second.id).await.unwrap().as_ref(), Some(&second));
    assert_eq!(keys.find(ServiceAccountId::new(first.id.as_uuid()), first.id).await.unwrap(), None);
    keys.supersede(first.id, second.id, now + Duration::DAY).await.unwrap();
    keys.note_use(first.id, now, Some("192.0.2.7")).await.unwrap();
    (first.successor_id, first.expires_at) = (Some(second.id), Some(now + Duration::DAY));
    (first.last_used_at, first.last_used_address) = (Some(now), Some("192.0.2.7".into()));
    assert_eq!(keys.find(id, first.id).await.unwrap().as_ref(), Some(&first));
    let page = PageRequest { limit: Limit::nearest(1), ..PageRequest::default() };
    let listed = keys.list(id, &page).await.unwrap();
    assert!(listed.items == [first.clone()] && listed.next.is_some(), "{listed:?}");
    assert!(keys.revoke(first.id, now).await.unwrap());
    assert!(!keys.revoke(first.id, now).await.unwrap());
    assert_eq!(keys.find(id, first.id).await.unwrap(), None);
    assert_eq!(keys.list(id, &PageRequest::default()).await.unwrap().items, [second.clone()]);
    assert_eq!(keys.revoke_all(id, now).await.unwrap(), 1);
    assert_eq!(keys.count_good(id, now).await.unwrap(), 0);
    unit.commit().await.unwrap();
    let unit = writer(&world, &owner).await;
    assert_stale(unit.api_keys().supersede(first.id, second.id, now).await);
    drop(unit);
    let unit = writer(&world, &owner).await;
    assert_conflict(unit.api_keys().insert(&first).await, API_KEY_ID_UNIQUE);
}

/// What a key may do is told in its own tenant only, at each read anew.
pub async fn the_access_of_a_key_is_read_in_its_tenant_at_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let mut account = world.new_service(ours.tenant_id(), "Till");
    let key = world.new_key(&account, &ours);
    let role_id = world.role(&ours, "Reader", &[Permission::StoresRead]).await;
    let (id, now) = (account.base.id, world.deps.clock.now());
    let unit = steward(&world, &ours).await;
    unit.services().insert(&account).await.unwrap();
    unit.api_keys().insert(&key).await.unwrap();
    let grant = ServiceGrant { account_id: id, role_id, store_id: None };
    unit.services().grant(&grant, Principal::System, now).await.unwrap();
    unit.commit().await.unwrap();
    let scope = ours.authorize(TenantRead).unwrap();
    let access = async || world.deps.access.key_access(&scope, key.id).await.unwrap();
    let found = access().await.unwrap();
    assert_eq!((found.account_id, found.hash, found.expires_at, found.revoked_at), (id, key.hash, None, None));
    assert_eq!(found.rights.grants.len(), 1);
    let foreign = theirs.authorize(TenantRead).unwrap();
    assert_eq!(world.deps.access.key_access(&foreign, key.id).await.unwrap(), None);
    assert_eq!(world.deps.access.key_access(&scope, ApiKeyId::new(id.as_uuid())).await.unwrap(), None);
    let unit = steward(&world, &ours).await;
    unit.services().revoke_all(id).await.unwrap();
    account.status = ServiceStatus::Disabled;
    account.base.touch(now);
    unit.services().update(&account, 1).await.unwrap();
    unit.commit().await.unwrap();
    let disabled = access().await.unwrap().rights;
    assert_eq!((disabled.status, disabled.grants.len()), (MembershipStatus::Suspended, 0));
    let unit = writer(&world, &ours).await;
    unit.api_keys().revoke(key.id, now).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access().await.unwrap().revoked_at, Some(now));
    let unit = steward(&world, &ours).await;
    unit.services().delete(id, deletion(&world), 2).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(access().await, None);
}

/// Service accounts and keys of another tenant are neither found nor added nor changed.
pub async fn service_accounts_of_another_tenant_are_out_of_reach(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let account = world.new_service(theirs.tenant_id(), "Till");
    let key = world.new_key(&account, &theirs);
    let unit = writer(&world, &theirs).await;
    unit.services().insert(&account).await.unwrap();
    unit.api_keys().insert(&key).await.unwrap();
    unit.commit().await.unwrap();
    let unit = steward(&world, &ours).await;
    assert_eq!(unit.services().find(account.base.id).await.unwrap(), None);
    assert_eq!(unit.api_keys().find(account.base.id, key.id).await.unwrap(), None);
    assert_eq!(unit.api_keys().list(account.base.id, &PageRequest::default()).await.unwrap().items, []);
    assert!(!unit.api_keys().revoke(key.id, world.deps.clock.now()).await.unwrap());
    assert_eq!(unit.api_keys().revoke_all(account.base.id, world.deps.clock.now()).await.unwrap(), 0);
    unit.commit().await.unwrap();
    let unit = steward(&world, &ours).await;
    assert_out_of_scope(unit.services().insert(&world.new_service(theirs.tenant_id(), "Other")).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_out_of_scope(unit.api_keys().insert(&world.new_key(&account, &theirs)).await);
    drop(unit);
    let mut claimed = key.clone();
    (claimed.tenant_id, claimed.id) = (ours.tenant_id(), ApiKeyId::new(world.deps.ids.next()));
    let unit = steward(&world, &ours).await;
    assert_missing_reference(unit.api_keys().insert(&claimed).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_out_of_reach(unit.services().update(&account, 1).await);
    drop(unit);
    let unit = steward(&world, &ours).await;
    assert_stale(unit.services().delete(account.base.id, deletion(&world), 1).await);
}

/// A list of service accounts is filtered by status and name, and its pages are all of them in order.
pub async fn service_accounts_are_filtered_and_paged(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let mut accounts: Vec<_> = ["b", "A", "c%"].map(|name| world.new_service(owner.tenant_id(), name)).into();
    accounts[2].status = ServiceStatus::Disabled;
    let unit = writer(&world, &owner).await;
    for account in &accounts {
        unit.services().insert(account).await.unwrap();
    }
    unit.commit().await.unwrap();
    let unit = reader(&world, &owner).await;
    let names = async |filter: ServiceFilter, page| {
        let page = unit.services().list(&filter, &page).await.unwrap();
        (page.items.iter().map(|s| s.account.name.to_string()).collect::<Vec<_>>().join(" "), page.next)
    };
    let by_name = PageRequest { sort: cotenant_domain::services::ServiceSort::Name, ..PageRequest::default() };
    assert_eq!(names(ServiceFilter::default(), by_name.clone()).await.0, "A b c%");
    let two = PageRequest { limit: Limit::nearest(2), ..by_name.clone() };
    let (first, next) = names(ServiceFilter::default(), two.clone()).await;
    assert_eq!(first, "A b");
    assert_eq!(names(ServiceFilter::default(), PageRequest { after: next, ..two }).await, ("c%".into(), None));
    let disabled = ServiceFilter { status: Some(ServiceStatus::Disabled), text: None };
    assert_eq!(names(disabled, by_name.clone()).await.0, "c%");
    let text = |text: &str| ServiceFilter { status: None, text: Some(text.into()) };
    assert_eq!(names(text("%"), by_name.clone()).await.0, "c%", "no wildcard");
    assert_eq!(names(text("a"), by_name).await.0, "A");
}
