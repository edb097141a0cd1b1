//! Addresses that are shown to be somebody's, and changes of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::addresses::{
    AddressError, ChangeAddress, ConfirmAddressError, Confirmed, confirm, request_change, request_verification,
};
use cotenant_domain::identity::{ChangePassword, PasswordError, SignedInPerson, change_password, login_operator, me};
use cotenant_domain::mail::{Message, Occasion};
use cotenant_domain::members::{self, ChangeMember, NewStatus};
use cotenant_domain::password_resets::{self, ConfirmReset};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::support::{self, MakeSupportGrant, SHORTEST};
use cotenant_domain::tenancy::{AuthenticateError, MemberActor, Origin};
use cotenant_testkit::World;
use cotenant_testkit::fakes::Told;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};
use secrecy::SecretString;
use time::Duration;

const NEXT: &str = "next@duka.example";

async fn wants(world: &World, actor: &MemberActor, email: &str) {
    asks(world, SignedInPerson::Member(actor), email).await;
    world.work().await;
}

async fn asks(world: &World, by: SignedInPerson<'_>, email: &str) {
    let cmd = ChangeAddress { email: email.parse().unwrap(), current_password: PASSWORD.into() };
    request_change(&world.deps, by, cmd).await.unwrap();
}

/// A token that sets the owner's password.
async fn reset_token(world: &World) -> SecretString {
    password_resets::request(&world.deps, &Origin::default(), OPERATOR.parse().unwrap()).await.unwrap();
    world.work().await;
    world.token_in_last_message(OPERATOR, "rpw_").unwrap()
}

fn token(world: &World, email: &str) -> SecretString {
    world.token_in_last_message(email, "eml_").unwrap()
}

async fn shows(world: &World, token: &SecretString) -> Result<Confirmed, ConfirmAddressError> {
    confirm(&world.deps, &Origin::default(), token.clone()).await
}

async fn refused(world: &World, token: &SecretString) {
    let error = shows(world, token).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (FaultKind::NotFound, "address_change_not_found"));
}

async fn verified(world: &World, actor: &MemberActor) -> bool {
    me(actor, &world.deps).await.unwrap().user.email_verified
}

#[tokio::test]
async fn an_address_is_verified_by_the_token_that_was_sent_there_and_then_never_again() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    assert!(!verified(&world, &owner).await, "nobody has shown the first one's");
    request_verification(&world.deps, SignedInPerson::Member(&owner)).await.unwrap();
    assert_eq!(world.work().await.done, 1);
    let token = token(&world, OPERATOR);
    assert_eq!(shows(&world, &token).await.unwrap(), Confirmed::Whole);
    assert!(verified(&world, &owner).await, "and the session goes on");
    refused(&world, &token).await;
    request_verification(&world.deps, SignedInPerson::Member(&owner)).await.unwrap();
    assert_eq!(world.work().await.done, 0, "nothing is left to show");
}

#[tokio::test]
async fn who_came_by_an_invitation_has_shown_their_address() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    assert!(verified(&world, &clerk).await);
}

#[tokio::test]
async fn an_address_changes_when_both_mailboxes_agree_and_other_sessions_end() {
    let world = World::bootstrap().await;
    let (owner, other) = (world.sign_in(OPERATOR, FIRST_TENANT).await, world.sign_in(OPERATOR, FIRST_TENANT).await);
    let actor = world.authenticate(&owner.access_token).await.unwrap();
    let reset = reset_token(&world).await;
    wants(&world, &actor, NEXT).await;
    assert_eq!(shows(&world, &token(&world, NEXT)).await.unwrap(), Confirmed::Half);
    refused(&world, &token(&world, NEXT)).await;
    assert_eq!(me(&actor, &world.deps).await.unwrap().user.email.as_str(), OPERATOR, "not yet");
    assert!(world.authenticate(&other.access_token).await.is_ok());
    assert_eq!(shows(&world, &token(&world, OPERATOR)).await.unwrap(), Confirmed::Whole);
    let user = me(&actor, &world.deps).await.unwrap().user;
    assert_eq!((user.email.as_str(), user.email_verified), (NEXT, true));
    assert!(matches!(world.authenticate(&other.access_token).await, Err(AuthenticateError::Revoked)));
    assert!(world.authenticate(&owner.access_token).await.is_ok(), "the session that asked goes on");
    world.sign_in(NEXT, FIRST_TENANT).await;
    let cmd = ConfirmReset { token: reset, new_password: "another horse altogether".into() };
    let late = password_resets::confirm(&world.deps, &Origin::default(), cmd).await;
    assert!(late.is_err(), "what was sent to the old address opens nothing");
}

#[tokio::test]
async fn whose_address_is_wanted_is_told_and_the_change_is_never_complete() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    wants(&world, &clerk, OPERATOR).await;
    let sent = world.mailer.sent();
    let told = |message: &&Message| matches!(message.occasion, Occasion::AddressTaken);
    let told = sent.iter().find(|message| message.to.as_str() == OPERATOR && told(message));
    assert!(told.unwrap().occasion.token().is_none());
    assert_eq!(shows(&world, &token(&world, "clerk@duka.example")).await.unwrap(), Confirmed::Half);
    assert_eq!(me(&clerk, &world.deps).await.unwrap().user.email.as_str(), "clerk@duka.example");
}

#[tokio::test]
async fn of_two_who_want_one_address_the_first_has_it() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    wants(&world, &owner, NEXT).await;
    let first = [token(&world, NEXT), token(&world, OPERATOR)];
    wants(&world, &clerk, NEXT).await;
    let second = [token(&world, NEXT), token(&world, "clerk@duka.example")];
    for token in &first {
        shows(&world, token).await.unwrap();
    }
    assert_eq!(shows(&world, &second[0]).await.unwrap(), Confirmed::Half);
    refused(&world, &second[1]).await;
    let clerk = me(&clerk, &world.deps).await.unwrap().user;
    assert_eq!(clerk.email.as_str(), "clerk@duka.example");
}

#[tokio::test]
async fn a_later_request_and_time_void_what_was_sent() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    wants(&world, &owner, NEXT).await;
    let (earlier, present) = (token(&world, NEXT), token(&world, OPERATOR));
    wants(&world, &owner, "other@duka.example").await;
    refused(&world, &earlier).await;
    refused(&world, &present).await;
    world.clock.advance(Duration::hours(24));
    refused(&world, &token(&world, "other@duka.example")).await;
}

#[tokio::test]
async fn a_change_takes_the_present_password() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let cmd = ChangeAddress { email: NEXT.parse().unwrap(), current_password: "not the password".into() };
    let error = request_change(&world.deps, SignedInPerson::Member(&owner), cmd).await.unwrap_err();
    assert!(matches!(error, AddressError::Password(PasswordError::Wrong)), "{error:?}");
    assert_eq!(world.work().await.done, 0);
}

#[tokio::test]
async fn a_new_password_voids_what_was_asked_for_with_the_old_one() {
    for forgotten in [false, true] {
        let world = World::bootstrap().await;
        let owner = world.owner().await;
        wants(&world, &owner, NEXT).await;
        let (next, present) = (token(&world, NEXT), token(&world, OPERATOR));
        assert_eq!(shows(&world, &next).await.unwrap(), Confirmed::Half);
        if forgotten {
            let cmd = ConfirmReset { token: reset_token(&world).await, new_password: "another horse".into() };
            password_resets::confirm(&world.deps, &Origin::default(), cmd).await.unwrap();
        } else {
            let cmd = ChangePassword { current: PASSWORD.into(), new: "another horse".into() };
            change_password(&world.deps, SignedInPerson::Member(&owner), cmd).await.unwrap();
        }
        refused(&world, &present).await;
        let unit = world.deps.db.person().await.unwrap();
        assert!(unit.people().find_by_email(&NEXT.parse().unwrap()).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn who_sets_a_forgotten_password_has_shown_their_address() {
    let world = World::bootstrap().await;
    let cmd = ConfirmReset { token: reset_token(&world).await, new_password: PASSWORD.into() };
    password_resets::confirm(&world.deps, &Origin::default(), cmd).await.unwrap();
    assert!(verified(&world, &world.owner().await).await);
}

#[tokio::test]
async fn an_operator_changes_their_address_and_signs_in_anew() {
    let world = World::bootstrap().await;
    let (deps, origin) = (&world.deps, Origin::default());
    let owner = world.sign_in(OPERATOR, FIRST_TENANT).await;
    let token_of_operator = login_operator(deps, &origin, &OPERATOR.parse().unwrap(), PASSWORD.into()).await.unwrap();
    let operator = async || world.operator_by(&token_of_operator.access_token).await;
    let tenant = world.owner().await.tenant_id();
    let access = MakeSupportGrant { reason: "Ticket 4711".parse().unwrap(), duration: SHORTEST, may_write: true };
    let grant = support::make(&operator().await.unwrap(), deps, tenant, access).await.unwrap();
    asks(&world, SignedInPerson::Operator(&operator().await.unwrap()), NEXT).await;
    world.work().await;
    for (mailbox, reached) in [(OPERATOR, Confirmed::Half), (NEXT, Confirmed::Whole)] {
        assert!(world.bearer(&grant.token).await.is_ok(), "until the address is another");
        assert_eq!(shows(&world, &token(&world, mailbox)).await.unwrap(), reached);
    }
    assert!(
        matches!(world.bearer(&grant.token).await, Err(AuthenticateError::Invalid)),
        "who had the account has it no more"
    );
    assert!(operator().await.is_err());
    assert!(matches!(world.authenticate(&owner.access_token).await, Err(AuthenticateError::Revoked)));
    assert!(login_operator(deps, &origin, &OPERATOR.parse().unwrap(), PASSWORD.into()).await.is_err());
    login_operator(deps, &origin, &NEXT.parse().unwrap(), PASSWORD.into()).await.unwrap();
}

#[tokio::test]
async fn an_address_is_the_persons_and_no_suspended_member_comes_back_by_it() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.clerk(&owner, "clerk@duka.example", &[]).await;
    let session = world.sign_in("clerk@duka.example", FIRST_TENANT).await;
    let clerk = world.authenticate(&session.access_token).await.unwrap();
    wants(&world, &clerk, NEXT).await;
    let suspend = ChangeMember { status: Some(NewStatus::Suspended), expected: None };
    members::change(&owner, &world.deps, clerk.user_id(), suspend).await.unwrap();
    shows(&world, &token(&world, NEXT)).await.unwrap();
    assert_eq!(shows(&world, &token(&world, "clerk@duka.example")).await.unwrap(), Confirmed::Whole);
    assert!(world.authenticate(&session.access_token).await.is_err());
    let member = members::view(&owner, &world.deps, clerk.user_id()).await.unwrap();
    assert_eq!(member.email.as_str(), NEXT);
}

#[tokio::test]
async fn another_spelling_of_an_address_is_sent_nothing() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let clerk = world.clerk(&owner, "clerk@duka.example", &[]).await;
    let disguise = |email: &str| email.replace('k', "\u{ff4b}").replace('r', "\u{ff52}");
    type Told = fn(&Occasion) -> bool;
    let is_asked: Told = |occasion| matches!(occasion, Occasion::VerifyAddress { .. });
    let is_told: Told = |occasion| matches!(occasion, Occasion::AddressTaken);
    for (email, told) in [("clerk@duka.example", is_asked), (OPERATOR, is_told)] {
        assert_ne!(disguise(email), email);
        wants(&world, &clerk, &disguise(email)).await;
        let sent = world.mailer.sent();
        assert!(sent.iter().all(|message| message.to.as_str().is_ascii()), "another's mailbox, maybe");
        assert!(sent.iter().any(|message| message.to.as_str() == email && told(&message.occasion)), "{email}");
    }
}

#[tokio::test]
async fn messages_are_counted_at_both_mailboxes_and_beyond_the_bound_there_are_none() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.throttle.take();
    wants(&world, &owner, NEXT).await;
    let counted = world.throttle.take().into_iter().filter(|(what, ..)| *what == Told::Message);
    assert_eq!(counted.map(|(_, email, _)| email).collect::<Vec<_>>(), [OPERATOR, NEXT]);
    world.throttle.set_closed(true);
    request_verification(&world.deps, SignedInPerson::Member(&owner)).await.unwrap();
    assert_eq!(world.work().await.done, 0);
    shows(&world, &token(&world, NEXT)).await.unwrap();
}
