//! Service accounts and keys: who may make them, what they open, and how they end.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use cotenant_domain::audit::{self, AuditFilter, ListAudit};
use cotenant_domain::products::{ListProducts, list as list_products};
use cotenant_domain::roles::{ChangeRole, RoleId, SystemRole, change as change_role};
use cotenant_domain::services::{
    ApiKeyId, ChangeService, CreateKey, CreateService, LONGEST_OVERLAP, MOST_KEYS, NOTED_EVERY, NewKey, RotateKey,
    ServiceAccountId, ServiceError, ServiceGrant, ServiceStatus, change, create, create_key, delete, grant, note_use,
    revoke, revoke_key, rotate_key, view_key,
};
use cotenant_domain::shared::Fault;
use cotenant_domain::stores::{self, StoreId};
use cotenant_domain::tenancy::{AuthenticateError, Bearer, MemberActor, Origin, Permission, ServiceActor, Standing};
use cotenant_testkit::World;
use cotenant_testkit::world::FIRST_TENANT;
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

async fn account(world: &World, by: &MemberActor, name: &str) -> ServiceAccountId {
    let cmd = CreateService { id: None, name: name.parse().unwrap(), description: None };
    create(by, &world.deps, cmd).await.unwrap().account.base.id
}

async fn key(world: &World, by: &MemberActor, account: ServiceAccountId) -> NewKey {
    create_key(by, &world.deps, account, cmd()).await.unwrap()
}

fn cmd() -> CreateKey {
    CreateKey { name: "Till".parse().unwrap(), expires_at: None }
}

fn at(account_id: ServiceAccountId, role_id: RoleId, store_id: Option<StoreId>) -> ServiceGrant {
    ServiceGrant { account_id, role_id, store_id }
}

async fn service(world: &World, text: &SecretString) -> Result<ServiceActor, AuthenticateError> {
    match world.bearer(text).await? {
        Bearer::Service(service) => Ok(service),
        Bearer::Member(_) | Bearer::Support(_) => panic!("a key is nobody's token"),
    }
}

/// A program that holds these permissions in the whole tenant.
async fn program(world: &World, by: &MemberActor, permissions: &[Permission]) -> (ServiceAccountId, NewKey) {
    let (role, account) = (world.role(by, "Role", permissions).await, account(world, by, "Till").await);
    grant(by, &world.deps, at(account, role, None)).await.unwrap();
    (account, key(world, by, account).await)
}

#[tokio::test]
async fn a_program_sees_the_store_at_which_it_holds_a_role() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (here, there) = (world.store(&owner, "A").await.base.id, world.store(&owner, "B").await.base.id);
    world.product(&owner, here, "A-1").await;
    let role = world.role(&owner, "Reader", &[Permission::ProductsRead, Permission::MembersRead]).await;
    let account = account(&world, &owner, "Till").await;
    let given = grant(&owner, &world.deps, at(account, role, Some(here))).await.unwrap();
    assert_eq!(given.grants, [at(account, role, Some(here))]);
    let made = key(&world, &owner, account).await;
    let till = service(&world, &made.text).await.unwrap();
    assert_eq!((till.tenant_id(), till.account_id()), (owner.tenant_id(), account));
    let seen = list_products(&till, &world.deps, here, ListProducts::default()).await.unwrap();
    assert_eq!(seen.items.len(), 1);
    let hidden = list_products(&till, &world.deps, there, ListProducts::default()).await.unwrap_err();
    assert_eq!(hidden.code(), "not_found");
    assert!(till.permissions().is_empty(), "what is tenant-wide is not given at a store");
    revoke(&owner, &world.deps, at(account, role, Some(here))).await.unwrap();
    let taken = service(&world, &made.text).await.unwrap();
    assert_eq!(
        list_products(&taken, &world.deps, here, ListProducts::default()).await.unwrap_err().code(),
        "forbidden"
    );
}

#[tokio::test]
async fn a_key_ends_by_its_end_its_revocation_and_with_its_account() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (account, forever) = program(&world, &owner, &[Permission::StoresRead]).await;
    let end = world.deps.clock.now() + Duration::HOUR;
    let short = CreateKey { expires_at: Some(end), ..cmd() };
    let short = create_key(&owner, &world.deps, account, short).await.unwrap();
    world.clock.advance(Duration::HOUR - Duration::SECOND);
    assert!(service(&world, &short.text).await.is_ok());
    world.clock.advance(Duration::SECOND);
    assert!(matches!(service(&world, &short.text).await, Err(AuthenticateError::Invalid)));
    let late = create_key(&owner, &world.deps, account, CreateKey { expires_at: Some(end), ..cmd() }).await;
    assert!(matches!(late, Err(ServiceError::ExpiresInThePast)));
    let revoked = key(&world, &owner, account).await;
    revoke_key(&owner, &world.deps, account, revoked.key.id).await.unwrap();
    assert!(matches!(service(&world, &revoked.text).await, Err(AuthenticateError::Invalid)));
    let again = revoke_key(&owner, &world.deps, account, revoked.key.id).await;
    assert!(matches!(again, Err(ServiceError::NotFound)));
    for (status, good) in [(ServiceStatus::Disabled, false), (ServiceStatus::Active, true)] {
        let cmd = ChangeService { status: Some(status), ..ChangeService::default() };
        change(&owner, &world.deps, account, cmd).await.unwrap();
        assert_eq!(service(&world, &forever.text).await.is_ok(), good, "{status:?}");
    }
    delete(&owner, &world.deps, account, None).await.unwrap();
    assert!(matches!(service(&world, &forever.text).await, Err(AuthenticateError::Invalid)));
    assert!(matches!(view_key(&owner, &world.deps, account, forever.key.id).await, Err(ServiceError::NotFound)));
}

#[tokio::test]
async fn only_the_whole_key_opens_anything() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (_, made) = program(&world, &owner, &[]).await;
    let (known, _) = made.text.expose_secret().rsplit_once('_').unwrap();
    for wrong in [format!("{known}_{}", "0".repeat(64)), known.to_owned(), format!("{known}_")] {
        assert!(matches!(service(&world, &wrong.into()).await, Err(AuthenticateError::Invalid)));
    }
    assert!(service(&world, &made.text).await.is_ok());
}

#[tokio::test]
async fn a_rotated_key_lives_beside_its_successor_for_the_overlap() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (account, old) = program(&world, &owner, &[]).await;
    let rotation = RotateKey { overlap: Duration::HOUR, expires_at: None };
    let rotate = |id: ApiKeyId| rotate_key(&owner, &world.deps, account, id, rotation);
    let new = rotate(old.key.id).await.unwrap();
    assert!(matches!(rotate(old.key.id).await, Err(ServiceError::Rotated)));
    for (passed, lives) in [(Duration::ZERO, true), (Duration::HOUR, false)] {
        world.clock.advance(passed);
        assert_eq!(service(&world, &old.text).await.is_ok(), lives);
        assert!(service(&world, &new.text).await.is_ok());
    }
    let at_most = RotateKey { overlap: Duration::days(1_000), expires_at: None };
    rotate_key(&owner, &world.deps, account, new.key.id, at_most).await.unwrap();
    let shown = view_key(&owner, &world.deps, account, new.key.id).await.unwrap();
    assert_eq!(shown.expires_at, Some(world.deps.clock.now() + LONGEST_OVERLAP));
}

#[tokio::test]
async fn an_account_has_a_few_good_keys() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let account = account(&world, &owner, "Till").await;
    let mut last = None;
    for _ in 0..MOST_KEYS {
        last = Some(key(&world, &owner, account).await.key.id);
    }
    assert!(matches!(create_key(&owner, &world.deps, account, cmd()).await, Err(ServiceError::TooManyKeys)));
    let beside = RotateKey { overlap: Duration::HOUR, expires_at: None };
    let refused = rotate_key(&owner, &world.deps, account, last.unwrap(), beside).await;
    assert!(matches!(refused, Err(ServiceError::TooManyKeys)));
    let in_place = RotateKey { overlap: Duration::ZERO, expires_at: None };
    rotate_key(&owner, &world.deps, account, last.unwrap(), in_place).await.unwrap();
}

#[tokio::test]
async fn nobody_gets_more_by_a_key_than_they_hold() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (account, strong) = program(&world, &owner, &[Permission::AuditRead]).await;
    let permissions = [Permission::ServiceAccountsManage, Permission::RolesGrant, Permission::StoresRead];
    let keeper = world.clerk(&owner, "keeper@duka.example", &permissions).await;
    let deps = &world.deps;
    let refused = [
        create_key(&keeper, deps, account, cmd()).await.err(),
        rotate_key(&keeper, deps, account, strong.key.id, RotateKey { overlap: Duration::ZERO, expires_at: None })
            .await
            .err(),
        change(&keeper, deps, account, ChangeService::default()).await.err(),
        delete(&keeper, deps, account, None).await.err(),
    ];
    for error in refused {
        assert!(matches!(error, Some(ServiceError::BeyondOwnRights)), "{error:?}");
    }
    let member = world.system_role(&owner, SystemRole::Member).await;
    let more = grant(&keeper, deps, at(account, member, None)).await;
    assert!(matches!(more, Err(ServiceError::BeyondOwnRights)));
    let owners = world.system_role(&owner, SystemRole::Owner).await;
    let store = world.store(&owner, "A").await.base.id;
    for place in [None, Some(store)] {
        let refused = grant(&owner, deps, at(account, owners, place)).await;
        assert!(matches!(refused, Err(ServiceError::OwnerRole)), "{place:?}");
    }
    revoke_key(&keeper, deps, account, strong.key.id).await.unwrap();
}

#[tokio::test]
async fn an_account_that_gains_more_meanwhile_gives_no_key_to_who_holds_less() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let keeper =
        world.clerk(&owner, "keeper@duka.example", &[Permission::ServiceAccountsManage, Permission::StoresRead]).await;
    let (account, _) = program(&world, &owner, &[Permission::StoresRead]).await;
    create_key(&keeper, &world.deps, account, cmd()).await.unwrap();
    let role = world.role(&owner, "More", &[]).await;
    grant(&owner, &world.deps, at(account, role, None)).await.unwrap();
    let more = ChangeRole { permissions: Some([Permission::AuditRead].into_iter().collect()), ..ChangeRole::default() };
    change_role(&owner, &world.deps, role, more).await.unwrap();
    // The keeper's own rights are as before: what is compared is read after everybody else's act.
    let refused = create_key(&keeper, &world.deps, account, cmd()).await;
    assert!(matches!(refused, Err(ServiceError::BeyondOwnRights)), "{refused:?}");
}

#[tokio::test]
async fn a_store_that_is_deleted_meanwhile_hides_nothing_of_what_an_account_holds() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    let permissions = [Permission::ServiceAccountsManage, Permission::StoresRead, Permission::StoresDelete];
    let keeper = world.clerk(&owner, "keeper@duka.example", &permissions).await;
    let store = world.store(&owner, "A").await.base.id;
    let account = account(&world, &owner, "Till").await;
    let role = world.role(&owner, "Seller", &[Permission::ProductsUpdate]).await;
    grant(&owner, deps, at(account, role, Some(store))).await.unwrap();
    stores::delete(&keeper, deps, store, None).await.unwrap();
    let keeper = world.actor("keeper@duka.example", FIRST_TENANT).await;
    let refused = create_key(&keeper, deps, account, cmd()).await;
    assert!(matches!(refused, Err(ServiceError::BeyondOwnRights)), "{refused:?}");
}

#[tokio::test]
async fn no_program_has_a_members_id() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let id = Some(ServiceAccountId::new(owner.user_id().as_uuid()));
    let cmd = CreateService { id, name: "Asha".parse().unwrap(), description: None };
    assert!(matches!(create(&owner, &world.deps, cmd).await, Err(ServiceError::IdTaken)));
}

#[tokio::test]
async fn the_successor_of_a_key_that_ends_with_time_itself_does_too() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let account = account(&world, &owner, "Till").await;
    let expires_at = Some(time::macros::datetime!(9999-12-31 23:59:59 UTC));
    let made = create_key(&owner, &world.deps, account, CreateKey { expires_at, ..cmd() }).await.unwrap();
    let rotate = RotateKey { overlap: Duration::ZERO, expires_at: None };
    let next = rotate_key(&owner, &world.deps, account, made.key.id, rotate).await.unwrap();
    assert_eq!(next.key.expires_at, expires_at);
}

#[tokio::test]
async fn a_program_whose_rights_are_taken_while_it_changes_rights_is_refused() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (account, made) = program(&world, &owner, &[Permission::RolesWrite, Permission::StoresRead]).await;
    let role = world.role(&owner, "Target", &[]).await;
    let program = service(&world, &made.text).await.unwrap();
    let gains =
        ChangeRole { permissions: Some([Permission::StoresRead].into_iter().collect()), ..ChangeRole::default() };
    change_role(&program, &world.deps, role, gains.clone()).await.unwrap();
    let disable = ChangeService { status: Some(ServiceStatus::Disabled), ..ChangeService::default() };
    change(&owner, &world.deps, account, disable).await.unwrap();
    let late =
        change_role(&program, &world.deps, role, ChangeRole { permissions: Some(Default::default()), ..gains }).await;
    assert_eq!(late.unwrap_err().code(), "rights_changed");
}

#[tokio::test]
async fn a_suspended_tenants_program_is_told_so_and_works_again() {
    let world = World::bootstrap().await;
    let theirs = world.tenant("globex", "boss@globex.example").await;
    let (_, made) = program(&world, &theirs, &[Permission::StoresRead]).await;
    let (operator, id) = (world.operator().await, theirs.tenant_id());
    let reason = || "unpaid".parse().unwrap();
    cotenant_domain::platform::suspend(&operator, &world.deps, id, reason(), None).await.unwrap();
    assert_eq!(service(&world, &made.text).await.unwrap().standing(), Standing::Suspended);
    cotenant_domain::platform::reactivate(&operator, &world.deps, id, None).await.unwrap();
    assert_eq!(service(&world, &made.text).await.unwrap().standing(), Standing::Active);
}

#[tokio::test]
async fn a_use_is_noted_at_a_bounded_pace_and_an_address_that_changes_is_told() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let (account, made) = program(&world, &owner, &[]).await;
    let used = async |address: &str| {
        let (deps, origin) = (&world.deps, Origin { address: Some(address.into()), ..Origin::default() });
        let bearer = world.bearer_from(&made.text, origin).await.unwrap();
        let Bearer::Service(service) = bearer else { panic!("a key") };
        note_use(deps, service.used_key()).await.unwrap();
        let key = view_key(&owner, deps, account, made.key.id).await.unwrap();
        let filter = AuditFilter { action: Some("api_key.used".into()), ..AuditFilter::default() };
        let events = audit::list(&owner, deps, ListAudit { filter, ..ListAudit::default() }).await.unwrap().items.len();
        (key.last_used_at.unwrap(), key.last_used_address.unwrap(), events)
    };
    let first = world.deps.clock.now();
    assert_eq!(used("192.0.2.1").await, (first, "192.0.2.1".into(), 1));
    world.clock.advance(NOTED_EVERY - Duration::SECOND);
    assert_eq!(used("192.0.2.2").await, (first, "192.0.2.1".into(), 1), "too soon");
    world.clock.advance(Duration::SECOND);
    let second = world.deps.clock.now();
    assert_eq!(used("192.0.2.2").await, (second, "192.0.2.2".into(), 2));
    world.clock.advance(NOTED_EVERY);
    let third = world.deps.clock.now();
    assert_eq!(used("192.0.2.2").await, (third, "192.0.2.2".into(), 2), "nothing new");
}
