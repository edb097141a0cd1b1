//! Who was removed from their last tenant comes back by invitation and password.

#![expect(clippy::unwrap_used, reason = "a test that fails here ends")]

use cotenant_domain::identity::{Login, login};
use cotenant_domain::invitations::{Accept, AcceptBy, accept};
use cotenant_domain::members;
use cotenant_domain::shared::Fault;
use cotenant_domain::tenancy::Origin;
use cotenant_testkit::World;
use cotenant_testkit::world::{FIRST_TENANT, PASSWORD};
use secrecy::SecretString;
use time::Duration;

const CLERK: &str = "clerk@acme.example";

async fn invited_again(world: &World) -> SecretString {
    let owner = world.owner().await;
    let clerk = world.join(&owner, CLERK, &[], &[]).await;
    world.clock.advance(Duration::seconds(1));
    members::remove(&owner, &world.deps, clerk.user_id(), None).await.unwrap();
    world.clock.advance(Duration::seconds(1));
    world.invite(&owner, CLERK, &[], &[]).await;
    world.work().await;
    world.token_sent_to(CLERK)
}

async fn come_back(world: &World, token: &SecretString, password: &str) -> Result<(), &'static str> {
    let by = AcceptBy::Returning { password: password.into() };
    let accepted = accept(&world.deps, Origin::default(), Accept { token: token.clone(), by }).await;
    accepted.map(|_| ()).map_err(|error| error.code())
}

#[tokio::test]
async fn the_right_password_brings_a_removed_member_back() {
    let world = World::bootstrap().await;
    let token = invited_again(&world).await;
    assert_eq!(come_back(&world, &token, PASSWORD).await, Ok(()));
    let again = Login { email: CLERK.parse().unwrap(), password: PASSWORD.into(), tenant: None };
    let signed_in = login(&world.deps, &Origin::default(), again).await.unwrap();
    assert_eq!(signed_in.tenant.slug.as_str(), FIRST_TENANT);
}

#[tokio::test]
async fn a_wrong_password_consumes_nothing() {
    let world = World::bootstrap().await;
    let token = invited_again(&world).await;
    assert_eq!(come_back(&world, &token, "not the password").await, Err("invalid_credentials"));
    assert_eq!(come_back(&world, &token, PASSWORD).await, Ok(()));
    assert_eq!(come_back(&world, &token, PASSWORD).await, Err("invitation_not_found"), "it is consumed");
}
