//! Signing in, switching and signing out.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::identity::{
    Login, LoginError, SessionError, SignedIn, login, login_operator, logout, logout_operator, me, switch,
};
use cotenant_domain::members;
use cotenant_domain::platform::{self, LocalTrust};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::{AuthenticateError, Denied, Origin, Permission, StoresRead};
use cotenant_domain::tenants::TenantStatus;
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};
use time::Duration;

async fn try_login(world: &World, email: &str, password: &str, tenant: Option<&str>) -> Result<SignedIn, LoginError> {
    let tenant = tenant.map(|slug| slug.parse().unwrap());
    let cmd = Login { email: email.parse().unwrap(), password: password.into(), tenant };
    login(&world.deps, &Origin::default(), cmd).await
}

/// The first person, who belongs to a second tenant too.
async fn in_two_tenants(world: &World) {
    let (owner, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    world.invite(&theirs, OPERATOR, &[], &[]).await;
    world.work().await;
    world.accept_as(&owner, OPERATOR).await;
}

#[tokio::test]
async fn a_person_signs_in_whatever_the_case_of_the_address() {
    let world = World::bootstrap().await;
    let signed_in = try_login(&world, "Operator@COTENANT.example", PASSWORD, None).await.unwrap();
    assert_eq!((signed_in.tenant.slug.as_str(), signed_in.expires_in), (FIRST_TENANT, Duration::hours(1)));
    let actor = world.authenticate(&signed_in.access_token).await.unwrap();
    assert_eq!(actor.user_id(), signed_in.user.id);
}

#[tokio::test]
async fn an_unknown_address_a_wrong_password_and_a_foreign_tenant_get_the_same_answer() {
    let world = World::bootstrap().await;
    for (email, password, tenant) in [
        ("nobody@duka.example", PASSWORD, None),
        (OPERATOR, "wrong horse battery", None),
        (OPERATOR, PASSWORD, Some("globex")),
    ] {
        let refused = try_login(&world, email, password, tenant).await.unwrap_err();
        assert!(matches!(refused, LoginError::Invalid), "{refused:?}");
        assert_eq!(refused.kind(), FaultKind::Unauthenticated);
    }
}

#[tokio::test]
async fn an_unknown_address_costs_as_many_hashes_as_a_wrong_password() {
    let world = World::bootstrap().await;
    let mut costs = Vec::new();
    for email in ["nobody@duka.example", OPERATOR] {
        let before = world.hasher.calls();
        try_login(&world, email, "wrong horse battery", None).await.unwrap_err();
        let operator = login_operator(&world.deps, &Origin::default(), &email.parse().unwrap(), "wrong".into()).await;
        operator.unwrap_err();
        costs.push(world.hasher.calls() - before);
    }
    assert_eq!(costs, [2, 2]);
}

#[tokio::test]
async fn a_busy_hasher_is_said_to_be_busy() {
    let world = World::bootstrap().await;
    world.hasher.set_busy(true);
    for email in ["nobody@duka.example", OPERATOR] {
        assert_eq!(try_login(&world, email, PASSWORD, None).await.unwrap_err().kind(), FaultKind::Busy);
    }
}

#[tokio::test]
async fn who_belongs_to_several_tenants_names_one() {
    let world = World::bootstrap().await;
    in_two_tenants(&world).await;
    let LoginError::TenantNeeded { tenants } = try_login(&world, OPERATOR, PASSWORD, None).await.unwrap_err() else {
        panic!("a tenant is needed")
    };
    assert_eq!(tenants.iter().map(|choice| choice.slug.as_str()).collect::<Vec<_>>(), ["acme", "globex"]);
    let signed_in = try_login(&world, OPERATOR, PASSWORD, Some("globex")).await.unwrap();
    assert_eq!(signed_in.tenant.slug.as_str(), "globex");
}

#[tokio::test]
async fn a_token_ends_with_its_time() {
    let world = World::bootstrap().await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    world.clock.advance(Duration::hours(1) - Duration::MICROSECOND);
    assert!(world.authenticate(&token).await.is_ok());
    world.clock.advance(Duration::MICROSECOND);
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Invalid)));
}

#[tokio::test]
async fn signing_out_ends_this_token_and_no_other() {
    let world = World::bootstrap().await;
    let (this, other) = (world.sign_in(OPERATOR, FIRST_TENANT).await, world.sign_in(OPERATOR, FIRST_TENANT).await);
    let actor = world.authenticate(&this.access_token).await.unwrap();
    logout(&actor, &world.deps).await.unwrap();
    assert!(matches!(world.authenticate(&this.access_token).await, Err(AuthenticateError::Revoked)));
    assert!(world.authenticate(&other.access_token).await.is_ok());
}

#[tokio::test]
async fn switching_opens_the_other_tenant_and_ends_the_old_token() {
    let world = World::bootstrap().await;
    in_two_tenants(&world).await;
    let old = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let actor = world.authenticate(&old).await.unwrap();
    let new = switch(&actor, &world.deps, &"globex".parse().unwrap()).await.unwrap();
    assert_eq!(new.tenant.slug.as_str(), "globex");
    let there = world.authenticate(&new.access_token).await.unwrap();
    assert_ne!(there.tenant_id(), actor.tenant_id());
    assert!(matches!(world.authenticate(&old).await, Err(AuthenticateError::Revoked)));
}

#[tokio::test]
async fn of_two_switches_with_one_token_one_begins_a_session() {
    let world = World::bootstrap().await;
    in_two_tenants(&world).await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let (a, b) = (world.authenticate(&token).await.unwrap(), world.authenticate(&token).await.unwrap());
    let there = "globex".parse().unwrap();
    switch(&a, &world.deps, &there).await.unwrap();
    assert!(matches!(switch(&b, &world.deps, &there).await, Err(SessionError::Ended)));
}

#[tokio::test]
async fn nobody_switches_to_a_tenant_that_is_not_theirs_and_keeps_the_session() {
    let world = World::bootstrap().await;
    world.tenant("globex", "boss@globex.example").await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let actor = world.authenticate(&token).await.unwrap();
    for slug in ["globex", "missing"] {
        let refused = switch(&actor, &world.deps, &slug.parse().unwrap()).await.unwrap_err();
        assert!(matches!(refused, SessionError::NotFound), "{refused:?}");
    }
    assert!(world.authenticate(&token).await.is_ok());
}

#[tokio::test]
async fn a_removed_members_token_is_refused_and_so_is_their_next_sign_in() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.clerk(&owner, "clerk@duka.example", &[Permission::StoresRead]).await;
    let token = world.sign_in("clerk@duka.example", FIRST_TENANT).await.access_token;
    let clerk = world.authenticate(&token).await.unwrap();
    members::remove(&owner, &world.deps, clerk.user_id(), None).await.unwrap();
    assert!(matches!(world.authenticate(&token).await, Err(AuthenticateError::Revoked)));
    let refused = try_login(&world, "clerk@duka.example", PASSWORD, Some(FIRST_TENANT)).await.unwrap_err();
    assert!(matches!(refused, LoginError::Invalid));
}

#[tokio::test]
async fn in_a_suspended_tenant_people_see_themselves_switch_and_sign_out_and_nothing_else() {
    let world = World::bootstrap().await;
    in_two_tenants(&world).await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let operator = world.operator().await;
    let tenant = world.authenticate(&token).await.unwrap().tenant_id();
    platform::suspend(&operator, &world.deps, tenant, "unpaid".parse().unwrap(), None).await.unwrap();
    let actor = world.authenticate(&token).await.unwrap();
    assert!(matches!(actor.authorize(StoresRead), Err(Denied::TenantSuspended)));
    let seen = me(&actor, &world.deps).await.unwrap();
    assert_eq!((seen.user.email.as_str(), seen.tenant_status), (OPERATOR, TenantStatus::Suspended));
    let again = world.actor(OPERATOR, FIRST_TENANT).await;
    logout(&again, &world.deps).await.unwrap();
    switch(&actor, &world.deps, &"globex".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn me_tells_what_one_may_do_in_the_tenant_and_at_each_store() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let store = world.store(&owner, "A").await.base.id;
    let permissions = [Permission::ProductsRead, Permission::MembersRemove];
    let keeper = world.keeper(&owner, "keeper@duka.example", &permissions, &[store]).await;
    let seen = me(&keeper, &world.deps).await.unwrap();
    assert!(seen.permissions.is_empty());
    let at_store: Vec<_> = seen.store_permissions[&store].iter().collect();
    assert_eq!(at_store, [Permission::ProductsRead], "a role at a store carries nothing that is tenant-wide");
}

#[tokio::test]
async fn a_tenants_token_is_no_operators_token_and_the_other_way_round() {
    let world = World::bootstrap().await;
    let (deps, origin) = (&world.deps, Origin::default());
    let member = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let operator = login_operator(deps, &origin, &OPERATOR.parse().unwrap(), PASSWORD.into()).await.unwrap();
    assert!(matches!(world.authenticate(&operator.access_token).await, Err(AuthenticateError::Invalid)));
    assert!(matches!(world.operator_by(&member).await, Err(AuthenticateError::Invalid)));
}

#[tokio::test]
async fn only_operators_sign_in_to_the_platform_and_their_token_ends_with_sign_out_and_rank() {
    let world = World::bootstrap().await;
    world.tenant("globex", "boss@globex.example").await;
    let (deps, origin) = (&world.deps, Origin::default());
    let boss = "boss@globex.example".parse().unwrap();
    let refused = login_operator(deps, &origin, &boss, PASSWORD.into()).await.unwrap_err();
    assert!(matches!(refused, LoginError::Invalid));
    let (trust, first) = (LocalTrust::of_the_command_line(), OPERATOR.parse().unwrap());
    platform::add_operator(trust, deps, &boss).await.unwrap();
    for end_by_rank in [false, true] {
        let token = login_operator(deps, &origin, &boss, PASSWORD.into()).await.unwrap().access_token;
        let check = async || world.operator_by(&token).await;
        let operator = check().await.unwrap();
        if end_by_rank {
            platform::remove_operator(trust, deps, &boss, false).await.unwrap();
        } else {
            logout_operator(&operator, deps).await.unwrap();
        }
        assert!(matches!(check().await, Err(AuthenticateError::Revoked)));
    }
    let last = platform::remove_operator(trust, deps, &first, false).await.unwrap_err();
    assert!(matches!(last, platform::OperatorError::LastOperator));
}
