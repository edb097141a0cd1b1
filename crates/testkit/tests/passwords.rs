//! Passwords: changing one's own, and hashing at the present cost.

#![expect(clippy::unwrap_used, reason = "helpers of tests end the test like tests do")]

use cotenant_domain::audit::{AuditFilter, ListAudit};
use cotenant_domain::identity::{
    ChangePassword, Login, LoginError, PasswordError, SignedIn, SignedInPerson, change_password, login, login_operator,
};
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::{Actor, AuthenticateError, Origin};
use cotenant_testkit::World;
use cotenant_testkit::fakes::Told;
use cotenant_testkit::world::{FIRST_TENANT, OPERATOR, PASSWORD};

const NEXT: &str = "another horse altogether";

async fn signs_in(world: &World, password: &str) -> Result<SignedIn, LoginError> {
    let tenant = Some(FIRST_TENANT.parse().unwrap());
    let cmd = Login { email: OPERATOR.parse().unwrap(), password: password.into(), tenant };
    login(&world.deps, &Origin::default(), cmd).await
}

async fn changes(world: &World, by: SignedInPerson<'_>, current: &str, new: &str) -> Result<(), PasswordError> {
    change_password(&world.deps, by, ChangePassword { current: current.into(), new: new.into() }).await
}

async fn stored(world: &World) -> String {
    let unit = world.deps.db.person().await.unwrap();
    let person = unit.people().find_by_email(&OPERATOR.parse().unwrap()).await.unwrap().unwrap();
    unit.people().password(person.base.id).await.unwrap().unwrap().expose().to_owned()
}

async fn events(world: &World, owner: &Actor, action: &str) -> Vec<serde_json::Value> {
    let filter = AuditFilter { action: Some(action.into()), ..AuditFilter::default() };
    let query = ListAudit { filter, ..ListAudit::default() };
    let events = cotenant_domain::audit::list(owner, &world.deps, query).await.unwrap().items;
    events.into_iter().map(|event| event.detail).collect()
}

#[tokio::test]
async fn a_new_password_takes_the_place_of_the_old_and_the_log_says_so() {
    let world = World::bootstrap().await;
    let (owner, _) = (world.owner().await, world.owner().await);
    changes(&world, SignedInPerson::Member(&owner), PASSWORD, NEXT).await.unwrap();
    assert!(matches!(signs_in(&world, PASSWORD).await, Err(LoginError::Invalid)));
    signs_in(&world, NEXT).await.unwrap();
    assert_eq!(events(&world, &owner, "password.changed").await, [serde_json::json!({ "sessions_ended": 1 })]);
}

#[tokio::test]
async fn without_the_present_password_nothing_changes_and_the_log_says_so() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let refused = changes(&world, SignedInPerson::Member(&owner), "wrong horse battery", NEXT).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (FaultKind::Forbidden, "wrong_password"));
    signs_in(&world, PASSWORD).await.unwrap();
    assert_eq!(events(&world, &owner, "password.refused").await.len(), 1);
    assert_eq!(events(&world, &owner, "password.changed").await.len(), 0);
}

#[tokio::test]
async fn a_password_that_breaks_a_rule_is_not_set() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let calls = world.hasher.calls();
    for (new, of) in
        [("short", "length"), ("password1234", "a word of the list"), ("i am olu adeyemi", "one's own name")]
    {
        let refused = changes(&world, SignedInPerson::Member(&owner), PASSWORD, new).await.unwrap_err();
        assert_eq!(
            (refused.code(), refused.fields()[0].pointer.as_str()),
            ("invalid_password", "/new_password"),
            "{of}"
        );
    }
    assert_eq!(world.hasher.calls() - calls, 3, "each was checked, none was hashed");
    signs_in(&world, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_operator_changes_it_too_and_signs_in_anew() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.sign_in(OPERATOR, FIRST_TENANT).await, world.operator().await);
    changes(&world, SignedInPerson::Operator(&operator), PASSWORD, NEXT).await.unwrap();
    assert!(matches!(world.authenticate(&owner.access_token).await, Err(AuthenticateError::Revoked)));
    let email = OPERATOR.parse().unwrap();
    assert!(login_operator(&world.deps, &Origin::default(), &email, PASSWORD.into()).await.is_err());
    assert!(login_operator(&world.deps, &Origin::default(), &email, NEXT.into()).await.is_ok());
}

#[tokio::test]
async fn of_two_changes_from_the_same_password_the_second_is_refused() {
    let world = World::bootstrap().await;
    let (one, two) = (world.owner().await, world.owner().await);
    changes(&world, SignedInPerson::Member(&one), PASSWORD, NEXT).await.unwrap();
    let refused = changes(&world, SignedInPerson::Member(&two), PASSWORD, "a third horse entirely").await;
    assert!(matches!(refused, Err(PasswordError::Wrong)), "{refused:?}");
}

#[tokio::test]
async fn a_right_sign_in_brings_an_outdated_hash_up_to_the_present_cost() {
    let world = World::bootstrap().await;
    let before = stored(&world).await;
    signs_in(&world, PASSWORD).await.unwrap();
    assert_eq!(stored(&world).await, before);
    world.hasher.raise_cost();
    assert!(signs_in(&world, "wrong horse battery").await.is_err());
    assert_eq!(stored(&world).await, before, "a wrong one changes nothing");
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    assert_ne!(stored(&world).await, before);
    let calls = world.hasher.calls();
    signs_in(&world, PASSWORD).await.unwrap();
    assert_eq!(world.hasher.calls() - calls, 1, "it is up to date now");
    assert!(world.authenticate(&token).await.is_ok(), "the same password: no session ends");
}

#[tokio::test]
async fn every_attempt_at_a_password_is_told_to_the_throttle_with_its_end() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.throttle.take();
    let told = || world.throttle.take().into_iter().map(|(what, ..)| what).collect::<Vec<_>>();
    signs_in(&world, PASSWORD).await.unwrap();
    assert_eq!(told(), [Told::Began, Told::Right]);
    signs_in(&world, "wrong horse battery").await.unwrap_err();
    assert_eq!(told(), [Told::Began, Told::Wrong]);
    changes(&world, SignedInPerson::Member(&owner), "wrong horse battery", NEXT).await.unwrap_err();
    assert_eq!(told(), [Told::Began, Told::Wrong]);
    world.hasher.set_busy(true);
    signs_in(&world, PASSWORD).await.unwrap_err();
    changes(&world, SignedInPerson::Member(&owner), PASSWORD, NEXT).await.unwrap_err();
    assert_eq!(told(), [Told::Began, Told::Undecided, Told::Began, Told::Undecided]);
    world.hasher.set_busy(false);
    changes(&world, SignedInPerson::Member(&owner), PASSWORD, NEXT).await.unwrap();
    assert_eq!(told(), [Told::Began, Told::Right]);
}

#[tokio::test]
async fn who_is_held_back_is_told_for_how_long_and_costs_no_hash() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.throttle.set_closed(true);
    let calls = world.hasher.calls();
    let refused = signs_in(&world, PASSWORD).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (FaultKind::TooMany, "too_many_attempts"));
    assert_eq!(refused.wait(), Some(time::Duration::seconds(7)));
    let refused = changes(&world, SignedInPerson::Member(&owner), PASSWORD, NEXT).await.unwrap_err();
    assert_eq!((refused.code(), refused.wait()), ("too_many_attempts", Some(time::Duration::seconds(7))));
    assert_eq!(world.hasher.calls(), calls);
}
