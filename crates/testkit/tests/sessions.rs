//! Staying signed in: refresh tokens, and a person's own list of sessions.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::{AuditFilter, ListAudit};
use cotenant_domain::identity::{
    RefreshError, SessionError, SignedIn, end_other_sessions, end_session, list_sessions, logout, refresh, switch,
};
use cotenant_domain::members::{self, ChangeMember, NewStatus};
use cotenant_domain::shared::{Fault, FaultKind, PageRequest};
use cotenant_domain::tenancy::{Actor, AuthenticateError, Origin};
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR};
use secrecy::{ExposeSecret, SecretString};
use time::Duration;

async fn renew(world: &World, token: &SecretString) -> Result<SignedIn, RefreshError> {
    refresh(&world.deps, &Origin::default(), token.clone()).await
}

async fn refused(world: &World, token: &SecretString) {
    let error = renew(world, token).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (FaultKind::Unauthenticated, "refresh_refused"));
}

async fn events(world: &World, owner: &Actor, action: &str) -> usize {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let query = ListAudit { filter, ..ListAudit::default() };
    cotenant_domain::audit::list(owner, &world.deps, query).await.unwrap().items.len()
}

#[tokio::test]
async fn a_session_is_renewed_past_the_life_of_its_access_tokens() {
    let world = World::bootstrap().await;
    let mut signed_in = world.sign_in(OPERATOR, FIRST_TENANT).await;
    let first = world.authenticate(&signed_in.access_token).await.unwrap();
    for _ in 0..5 {
        world.clock.advance(Duration::days(1));
        assert!(matches!(world.authenticate(&signed_in.access_token).await, Err(AuthenticateError::Invalid)));
        let renewed = renew(&world, &signed_in.refresh_token).await.unwrap();
        let actor = world.authenticate(&renewed.access_token).await.unwrap();
        assert_eq!((actor.session_id(), actor.user_id()), (first.session_id(), first.user_id()));
        assert_eq!((&renewed.user, &renewed.tenant), (&signed_in.user, &signed_in.tenant));
        assert_ne!(renewed.refresh_token.expose_secret(), signed_in.refresh_token.expose_secret());
        signed_in = renewed;
    }
}

#[tokio::test]
async fn a_session_ends_when_it_lies_idle_and_when_its_time_is_over_however_much_it_is_used() {
    let world = World::bootstrap().await;
    let idle = world.sign_in(OPERATOR, FIRST_TENANT).await;
    assert_eq!(idle.refresh_expires_in, Duration::days(7));
    world.clock.advance(Duration::days(7) - Duration::SECOND);
    let mut used = renew(&world, &idle.refresh_token).await.unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::days(7) - Duration::SECOND);
        used = renew(&world, &used.refresh_token).await.unwrap();
    }
    // 28 days less four seconds have passed of 30.
    assert_eq!(used.refresh_expires_in, Duration::days(2) + Duration::seconds(4));
    world.clock.advance(used.refresh_expires_in - Duration::SECOND);
    let last = renew(&world, &used.refresh_token).await.unwrap();
    assert_eq!(last.expires_in, Duration::SECOND, "no token outlives its session");
    world.clock.advance(Duration::SECOND);
    refused(&world, &last.refresh_token).await;
    let idle = world.sign_in(OPERATOR, FIRST_TENANT).await;
    world.clock.advance(Duration::days(7));
    refused(&world, &idle.refresh_token).await;
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_a_while_and_then_ends_the_session() {
    let world = World::bootstrap().await;
    let first = world.sign_in(OPERATOR, FIRST_TENANT).await;
    let answered = renew(&world, &first.refresh_token).await.unwrap();
    world.clock.advance(Duration::seconds(29));
    let again = renew(&world, &first.refresh_token).await.unwrap();
    assert_eq!(again.refresh_token.expose_secret(), answered.refresh_token.expose_secret());
    assert!(world.authenticate(&again.access_token).await.is_ok());
    world.clock.advance(Duration::SECOND);
    refused(&world, &first.refresh_token).await;
    assert!(matches!(world.authenticate(&again.access_token).await, Err(AuthenticateError::Revoked)));
    refused(&world, &answered.refresh_token).await;
    let owner = world.owner().await;
    assert_eq!(events(&world, &owner, "session.token_reused").await, 1);
}

#[tokio::test]
async fn a_token_that_was_used_twice_over_ends_the_session_at_once() {
    let world = World::bootstrap().await;
    let first = world.sign_in(OPERATOR, FIRST_TENANT).await;
    let second = renew(&world, &first.refresh_token).await.unwrap();
    let third = renew(&world, &second.refresh_token).await.unwrap();
    refused(&world, &first.refresh_token).await;
    for token in [&second.refresh_token, &third.refresh_token] {
        refused(&world, token).await;
    }
    assert!(matches!(world.authenticate(&third.access_token).await, Err(AuthenticateError::Revoked)));
}

#[tokio::test]
async fn noise_ends_nobodys_session() {
    let world = World::bootstrap().await;
    let signed_in = world.sign_in(OPERATOR, FIRST_TENANT).await;
    let token = signed_in.refresh_token.expose_secret();
    let parts: Vec<_> = token.split('_').collect();
    let zeros = "0".repeat(64);
    for forged in [
        String::new(),
        format!("rfr_{}_{}_{zeros}_{zeros}", parts[1], parts[2]),
        format!("rfr_{}_{}_{zeros}_{}", parts[1], parts[2], parts[4]),
        format!("rfr_{}_{}_{}_{}", "1".repeat(32), parts[2], parts[3], parts[4]),
        format!("rfr_{}_{}_{}_{}", parts[1], "1".repeat(32), parts[3], parts[4]),
    ] {
        refused(&world, &forged.into()).await;
    }
    assert!(world.authenticate(&signed_in.access_token).await.is_ok());
    assert!(renew(&world, &signed_in.refresh_token).await.is_ok());
}

#[tokio::test]
async fn what_ends_a_session_ends_its_refresh_token() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.clerk(&owner, "clerk@duka.example", &[]).await;
    let signed_out = world.sign_in("clerk@duka.example", FIRST_TENANT).await;
    logout(&world.authenticate(&signed_out.access_token).await.unwrap(), &world.deps).await.unwrap();
    refused(&world, &signed_out.refresh_token).await;
    let switched = world.sign_in("clerk@duka.example", FIRST_TENANT).await;
    let clerk = world.authenticate(&switched.access_token).await.unwrap();
    let after = switch(&clerk, &world.deps, &FIRST_TENANT.parse().unwrap()).await.unwrap();
    refused(&world, &switched.refresh_token).await;
    for status in [NewStatus::Suspended, NewStatus::Active] {
        let change = ChangeMember { status: Some(status), expected: None };
        members::change(&owner, &world.deps, clerk.user_id(), change).await.unwrap();
        refused(&world, &after.refresh_token).await;
    }
}

#[tokio::test]
async fn a_switched_session_lives_no_longer_than_the_one_before() {
    let world = World::bootstrap().await;
    let signed_in = world.sign_in(OPERATOR, FIRST_TENANT).await;
    world.clock.advance(Duration::days(6));
    let renewed = renew(&world, &signed_in.refresh_token).await.unwrap();
    let actor = world.authenticate(&renewed.access_token).await.unwrap();
    let switched = switch(&actor, &world.deps, &FIRST_TENANT.parse().unwrap()).await.unwrap();
    let after = world.authenticate(&switched.access_token).await.unwrap();
    assert_eq!(after.session_expires_at(), actor.session_expires_at());
}

#[tokio::test]
async fn people_see_their_own_sessions_and_where_they_were_used() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.clerk(&owner, "clerk@duka.example", &[]).await;
    let signed_in = world.sign_in(OPERATOR, FIRST_TENANT).await;
    world.clock.advance(Duration::minutes(1));
    let origin = Origin { agent: Some("Phone".into()), address: Some("192.0.2.7".into()), ..Origin::default() };
    let renewed = refresh(&world.deps, &origin, signed_in.refresh_token).await.unwrap();
    let phone = world.authenticate(&renewed.access_token).await.unwrap();
    let listed = list_sessions(&owner, &world.deps, &PageRequest::default()).await.unwrap().items;
    assert!(listed.iter().all(|own| own.session.user_id == owner.user_id()));
    assert!(listed.iter().all(|own| own.current == (own.session.id == owner.session_id())));
    let other = listed.iter().find(|own| own.session.id == phone.session_id()).unwrap();
    assert_eq!(other.session.device.agent.as_deref(), Some("Phone"));
    assert_eq!(other.session.device.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(other.session.last_used_at, world.deps.clock.now());
}

#[tokio::test]
async fn people_end_one_of_their_sessions_or_all_others_and_nobody_elses() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let (one, two) = (world.sign_in(OPERATOR, FIRST_TENANT).await, world.sign_in(OPERATOR, FIRST_TENANT).await);
    let id = world.authenticate(&one.access_token).await.unwrap().session_id();
    for foreign in [clerk.session_id(), cotenant_domain::identity::SessionId::new(world.deps.ids.next())] {
        assert!(matches!(end_session(&owner, &world.deps, foreign).await, Err(SessionError::NotFound)));
    }
    end_session(&owner, &world.deps, id).await.unwrap();
    assert!(matches!(end_session(&owner, &world.deps, id).await, Err(SessionError::NotFound)), "it has ended");
    refused(&world, &one.refresh_token).await;
    assert!(world.authenticate(&two.access_token).await.is_ok());
    end_other_sessions(&owner, &world.deps).await.unwrap();
    end_other_sessions(&owner, &world.deps).await.unwrap();
    assert!(matches!(world.authenticate(&two.access_token).await, Err(AuthenticateError::Revoked)));
    let left = list_sessions(&owner, &world.deps, &PageRequest::default()).await.unwrap().items;
    assert_eq!(left.iter().map(|own| own.session.id).collect::<Vec<_>>(), [owner.session_id()]);
    assert_eq!(list_sessions(&clerk, &world.deps, &PageRequest::default()).await.unwrap().items.len(), 1);
    assert_eq!(events(&world, &owner, "session.others_ended").await, 1, "nothing to end is no event");
}
