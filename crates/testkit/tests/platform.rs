//! The operators' side: where tenants come and go.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::{self, AuditFilter, ListAudit};
use cotenant_domain::mail::Locale;
use cotenant_domain::platform::{
    self, ChangeTenant, CreateTenant, ListPlatformAudit, ListTenants, LocalTrust, OperatorError, PlatformError,
};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::stores::{self, ListStores};
use cotenant_domain::tenancy::{AuthenticateError, Denied, Standing};
use cotenant_domain::tenants::TenantStatus;
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR};
use time::Duration;

fn create_with(slug: &str) -> CreateTenant {
    CreateTenant {
        name: "Globex".parse().unwrap(),
        slug: slug.parse().unwrap(),
        locale: None,
        owner_email: "boss@globex.example".parse().unwrap(),
        expires_at: None,
    }
}

#[tokio::test]
async fn the_owner_of_a_new_tenant_is_invited_in_its_language() {
    let world = World::bootstrap().await;
    let new = CreateTenant { locale: Some(Locale::Swahili), ..create_with("globex") };
    let created = platform::create(&world.operator().await, &world.deps, new).await.unwrap();
    world.work().await;
    assert_eq!((created.tenant.locale, world.mailer.sent()[0].locale), (Some(Locale::Swahili), Some(Locale::Swahili)));
}

#[tokio::test]
async fn a_new_tenants_owner_comes_in_by_invitation_and_owns_it() {
    let world = World::bootstrap().await;
    let created = platform::create(&world.operator().await, &world.deps, create_with("globex")).await.unwrap();
    world.work().await;
    world.accept_as_new("boss@globex.example").await;
    let boss = world.actor("boss@globex.example", "globex").await;
    assert_eq!(boss.tenant_id(), created.tenant.base.id);
    assert_eq!(boss.permissions(), cotenant_domain::tenancy::PermissionSet::all());
}

#[tokio::test]
async fn a_slug_is_taken_also_by_a_deleted_tenant() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let created = platform::create(&operator, deps, create_with("globex")).await.unwrap();
    platform::delete(&operator, deps, created.tenant.base.id, None).await.unwrap();
    let taken = platform::create(&operator, deps, create_with("globex")).await.unwrap_err();
    assert_eq!((taken.kind(), taken.fields()[0].pointer.as_str()), (FaultKind::Conflict, "/slug"));
}

#[tokio::test]
async fn a_suspended_tenant_is_closed_to_its_members_until_it_is_reactivated() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let id = world.authenticate(&token).await.unwrap().tenant_id();
    let reason = || "unpaid".parse().unwrap();
    let suspended = platform::suspend(&operator, deps, id, reason(), None).await.unwrap();
    assert_eq!(suspended.suspended_reason, Some(reason()));
    let member = world.authenticate(&token).await.unwrap();
    let refused = stores::list(&member, deps, ListStores::default()).await.unwrap_err();
    assert!(matches!(refused, stores::StoreError::Denied(Denied::TenantSuspended)));
    let again = platform::suspend(&operator, deps, id, reason(), None).await.unwrap_err();
    assert!(matches!(again, PlatformError::AlreadySuspended));
    platform::reactivate(&operator, deps, id, Some(suspended.base.version)).await.unwrap();
    assert_eq!(world.authenticate(&token).await.unwrap().standing(), Standing::Active);
    let again = platform::reactivate(&operator, deps, id, None).await.unwrap_err();
    assert!(matches!(again, PlatformError::NotSuspended));
}

#[tokio::test]
async fn an_expiry_suspends_by_passing_and_a_later_one_opens_again() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let id = world.authenticate(&token).await.unwrap().tenant_id();
    let until = |minutes| ChangeTenant {
        expires_at: Some(Some(deps.clock.now() + Duration::minutes(minutes))),
        ..ChangeTenant::default()
    };
    platform::change(&operator, deps, id, until(10)).await.unwrap();
    assert_eq!(world.authenticate(&token).await.unwrap().standing(), Standing::Active);
    world.clock.advance(Duration::minutes(10));
    assert_eq!(world.authenticate(&token).await.unwrap().standing(), Standing::Suspended);
    let past = platform::change(&operator, deps, id, until(0)).await.unwrap_err();
    assert_eq!((past.kind(), past.fields()[0].pointer.as_str()), (FaultKind::Invalid, "/expires_at"));
    platform::change(&operator, deps, id, until(10)).await.unwrap();
    assert_eq!(world.authenticate(&token).await.unwrap().standing(), Standing::Active);
}

#[tokio::test]
async fn a_deleted_tenants_tokens_are_refused_and_stay_refused_after_a_restore() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let id = world.authenticate(&token).await.unwrap().tenant_id();
    let deleted = platform::delete(&operator, deps, id, None).await.unwrap();
    assert_eq!(deleted.purge_at - deleted.deleted_at, deps.policy.retention);
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    assert!(matches!(platform::view(&operator, deps, id, false).await, Err(PlatformError::NotFound)));
    assert_eq!(platform::view(&operator, deps, id, true).await.unwrap().status, TenantStatus::Closing);
    platform::restore(&operator, deps, id, None).await.unwrap();
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    assert_eq!(world.owner().await.tenant_id(), id);
    assert!(matches!(platform::restore(&operator, deps, id, None).await, Err(PlatformError::NotDeleted)));
}

#[tokio::test]
async fn a_tenant_past_its_purge_date_does_not_come_back() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let id = world.owner().await.tenant_id();
    platform::delete(&operator, deps, id, None).await.unwrap();
    world.clock.advance(deps.policy.retention);
    assert!(matches!(platform::restore(&operator, deps, id, None).await, Err(PlatformError::NotFound)));
}

#[tokio::test]
async fn a_version_that_is_gone_is_stale_in_every_act() {
    let world = World::bootstrap().await;
    let (operator, deps) = (world.operator().await, &world.deps);
    let (id, gone) = (world.owner().await.tenant_id(), Some(99));
    let change = ChangeTenant { name: Some("Other".parse().unwrap()), expected: gone, ..ChangeTenant::default() };
    let reason = "unpaid".parse().unwrap();
    for result in [
        platform::change(&operator, deps, id, change).await.map(drop),
        platform::suspend(&operator, deps, id, reason, gone).await.map(drop),
        platform::delete(&operator, deps, id, gone).await.map(drop),
    ] {
        assert!(matches!(result, Err(PlatformError::Stale)), "{result:?}");
    }
}

#[tokio::test]
async fn an_act_upon_a_tenant_is_in_its_own_log_and_in_the_platforms() {
    let world = World::bootstrap().await;
    let (operator, owner, deps) = (world.operator().await, world.owner().await, &world.deps);
    let change = ChangeTenant { name: Some("Acme Ltd".parse().unwrap()), ..ChangeTenant::default() };
    platform::change(&operator, deps, owner.tenant_id(), change).await.unwrap();
    let filter = AuditFilter { action: Some("tenant.changed".into()), ..AuditFilter::default() };
    let log = audit::list(&owner, deps, ListAudit { filter, ..ListAudit::default() }).await.unwrap().items;
    assert_eq!(log.len(), 1);
    assert_eq!(log[0].detail["name"], serde_json::json!(["Acme", "Acme Ltd"]));
    assert!(log[0].detail["reason"].is_string(), "a tenant is told why an operator came in");
    assert_eq!(log[0].actor_kind, cotenant_domain::audit::ActorKind::Operator);
    let platform = platform::list_audit(&operator, deps, ListPlatformAudit::default()).await.unwrap().items;
    let actions: Vec<_> = platform.iter().map(|event| event.action.as_str()).collect();
    assert_eq!((actions[0], actions[actions.len() - 1]), ("platform.bootstrapped", "tenant.changed"));
    let last = &platform[actions.len() - 1];
    assert_eq!((last.actor_id, last.object_id), (log[0].actor_id, Some(owner.tenant_id().as_uuid())));
    assert_eq!(last.detail, log[0].detail);
}

#[tokio::test]
async fn the_platform_lists_all_tenants() {
    let world = World::bootstrap().await;
    world.tenant("globex", "boss@globex.example").await;
    let page = platform::list(&world.operator().await, &world.deps, ListTenants::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|tenant| tenant.slug.as_str()).collect::<Vec<_>>(), ["acme", "globex"]);
}

#[tokio::test]
async fn operators_are_made_of_known_people_at_the_command_line() {
    let world = World::bootstrap().await;
    world.tenant("globex", "boss@globex.example").await;
    let (deps, trust) = (&world.deps, LocalTrust::of_the_command_line());
    let (boss, nobody) = ("boss@globex.example".parse().unwrap(), "nobody@globex.example".parse().unwrap());
    assert!(matches!(platform::add_operator(trust, deps, &nobody).await, Err(OperatorError::NoSuchPerson)));
    assert!(matches!(platform::remove_operator(trust, deps, &boss, false).await, Err(OperatorError::NotAnOperator)));
    platform::add_operator(trust, deps, &boss).await.unwrap();
    assert!(matches!(platform::add_operator(trust, deps, &boss).await, Err(OperatorError::AlreadyOperator)));
    let listed = platform::list_operators(trust, deps).await.unwrap();
    assert_eq!(
        listed.iter().map(|operator| operator.user.email.as_str()).collect::<Vec<_>>(),
        [OPERATOR, boss.as_str()]
    );
    platform::remove_operator(trust, deps, &boss, false).await.unwrap();
    platform::remove_operator(trust, deps, &OPERATOR.parse().unwrap(), true).await.unwrap();
    assert!(platform::list_operators(trust, deps).await.unwrap().is_empty());
}
