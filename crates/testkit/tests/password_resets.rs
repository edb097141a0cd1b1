//! Forgotten passwords.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::ActorKind;
use cotenant_domain::identity::{ChangePassword, SignedInPerson, change_password, login_operator};
use cotenant_domain::mail::Occasion;
use cotenant_domain::password_resets::{ConfirmReset, ConfirmResetError, confirm, request};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::{AuthenticateError, Origin};
use cotenant_testkit::fakes::Told;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};
use cotenant_testkit::{MemoryDatabase, World, world::Adapters};
use secrecy::SecretString;
use time::Duration;

const NEXT: &str = "another horse altogether";

async fn asks(world: &World, email: &str) {
    request(&world.deps, &Origin::default(), email.parse().unwrap()).await.unwrap();
}

/// Asks, lets the worker answer, and gives the token of the answer.
async fn token(world: &World) -> SecretString {
    asks(world, OPERATOR).await;
    world.work().await;
    world.token_in_last_message(OPERATOR, "rpw_").unwrap()
}

async fn sets(world: &World, token: &SecretString, new: &str) -> Result<(), ConfirmResetError> {
    let cmd = ConfirmReset { token: token.clone(), new_password: new.into() };
    confirm(&world.deps, &Origin::default(), cmd).await
}

async fn refused(world: &World, token: &SecretString) {
    let error = sets(world, token, NEXT).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (FaultKind::NotFound, "reset_not_found"));
}

async fn signs_in(world: &World, password: &str) -> bool {
    login_operator(&world.deps, &Origin::default(), &OPERATOR.parse().unwrap(), password.into()).await.is_ok()
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_with_the_token_of_the_message() {
    let database = MemoryDatabase::new();
    let world = World::bootstrap_over(Adapters::over(database.clone())).await;
    let session = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let token = token(&world).await;
    assert!(world.authenticate(&session).await.is_ok(), "to ask ends nothing");
    sets(&world, &token, NEXT).await.unwrap();
    assert!(matches!(world.authenticate(&session).await, Err(AuthenticateError::Revoked)));
    assert!(signs_in(&world, NEXT).await && !signs_in(&world, PASSWORD).await);
    let event = database.platform_events().into_iter().find(|event| event.action == "password.reset").unwrap();
    assert_eq!((event.actor_kind, event.actor_id), (ActorKind::User, event.object_id));
    assert_eq!(world.work().await.done, 1);
    assert!(matches!(world.mailer.sent().last().unwrap().occasion, Occasion::PasswordChanged));
}

#[tokio::test]
async fn a_token_is_good_once_for_a_while_and_only_the_last() {
    let world = World::bootstrap().await;
    refused(&world, &"rpw_nonsense".into()).await;
    refused(&world, &format!("rpw_{}", "0".repeat(64)).into()).await;
    let (first, second) = (token(&world).await, token(&world).await);
    refused(&world, &first).await;
    world.clock.advance(Duration::minutes(30));
    refused(&world, &second).await;
    let third = token(&world).await;
    world.clock.advance(Duration::minutes(30) - Duration::MICROSECOND);
    sets(&world, &third, NEXT).await.unwrap();
    refused(&world, &third).await;
}

#[tokio::test]
async fn a_password_that_breaks_a_rule_leaves_the_token_good() {
    let world = World::bootstrap().await;
    let token = token(&world).await;
    for new in ["short", "password1234", "olu adeyemi 2026"] {
        let error = sets(&world, &token, new).await.unwrap_err();
        assert_eq!((error.code(), error.fields()[0].pointer.as_str()), ("invalid_password", "/new_password"));
    }
    sets(&world, &token, NEXT).await.unwrap();
}

#[tokio::test]
async fn a_changed_password_voids_the_tokens_that_were_sent_before() {
    let world = World::bootstrap().await;
    let token = token(&world).await;
    let owner = world.owner().await;
    let cmd = ChangePassword { current: PASSWORD.into(), new: NEXT.into() };
    change_password(&world.deps, SignedInPerson::Member(&owner), cmd).await.unwrap();
    refused(&world, &token).await;
}

#[tokio::test]
async fn nobody_is_written_to_at_an_unknown_address() {
    let world = World::bootstrap().await;
    let sent = world.mailer.sent().len();
    asks(&world, "nobody@duka.example").await;
    assert_eq!(world.work().await.done, 1);
    assert_eq!(world.mailer.sent().len(), sent);
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_answered_no_more() {
    let world = World::bootstrap().await;
    let sent = world.mailer.sent().len();
    asks(&world, OPERATOR).await;
    world.clock.advance(Duration::minutes(30));
    assert_eq!(world.work().await.done, 1);
    assert_eq!(world.mailer.sent().len(), sent);
}

#[tokio::test]
async fn a_message_that_was_not_handed_over_is_sent_again_with_another_token() {
    let world = World::bootstrap().await;
    asks(&world, OPERATOR).await;
    world.mailer.set_away(true);
    assert_eq!(world.work().await.failed, 1);
    world.mailer.set_away(false);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(world.work().await.done, 1);
    let token = world.token_in_last_message(OPERATOR, "rpw_").unwrap();
    sets(&world, &token, NEXT).await.unwrap();
}

#[tokio::test]
async fn beyond_the_bound_the_answer_is_the_same_and_nothing_comes_of_it() {
    let world = World::bootstrap().await;
    let sent = world.mailer.sent().len();
    world.throttle.set_closed(true);
    asks(&world, OPERATOR).await;
    assert_eq!(world.work().await.done, 0);
    assert_eq!(world.mailer.sent().len(), sent);
}

#[tokio::test]
async fn who_sets_a_password_by_mail_is_known_from_then_on() {
    let world = World::bootstrap().await;
    let token = token(&world).await;
    world.throttle.take();
    sets(&world, &token, NEXT).await.unwrap();
    assert_eq!(world.throttle.take(), [(Told::Right, OPERATOR.to_owned(), None)]);
}
