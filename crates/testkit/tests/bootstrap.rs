//! The one-time beginning.

use cotenant_domain::bootstrap::{BootstrapError, bootstrap, bootstrap_locally, is_bootstrapped};
use cotenant_domain::platform::LocalTrust;
use cotenant_domain::roles::SystemRole;
use cotenant_domain::shared::{Fault, FaultKind};
use cotenant_domain::tenancy::{Origin, PermissionSet};
use cotenant_testkit::World;
use cotenant_testkit::world::{Adapters, first_tenant};
use secrecy::SecretString;

fn secret() -> SecretString {
    "the secret of the beginning".into()
}

async fn attempt(world: &World, expected: Option<SecretString>, given: &str) -> Result<(), BootstrapError> {
    let given = given.into();
    bootstrap(&world.deps, Origin::default(), expected.as_ref(), &given, first_tenant()).await.map(drop)
}

#[tokio::test]
async fn without_a_secret_set_there_is_no_bootstrap() {
    let world = World::empty(Adapters::in_memory());
    let refused = attempt(&world, None, "").await.unwrap_err();
    assert_eq!(refused.kind(), FaultKind::NotFound);
    assert!(!is_bootstrapped(&world.deps).await.unwrap());
}

#[tokio::test]
async fn a_wrong_secret_is_refused_before_anything_is_hashed() {
    let world = World::empty(Adapters::in_memory());
    let refused = attempt(&world, Some(secret()), "wrong").await.unwrap_err();
    assert!(matches!(refused, BootstrapError::Refused));
    assert_eq!(world.hasher.calls(), 0);
    assert!(!is_bootstrapped(&world.deps).await.unwrap());
}

#[tokio::test]
async fn afterwards_the_answer_no_longer_depends_on_the_secret() {
    let world = World::bootstrap().await;
    for given in ["the secret of the beginning", "wrong"] {
        let closed = attempt(&world, Some(secret()), given).await.unwrap_err();
        assert!(matches!(closed, BootstrapError::Closed), "{closed:?}");
    }
    let local = bootstrap_locally(LocalTrust::of_the_command_line(), &world.deps, first_tenant()).await;
    assert!(matches!(local, Err(BootstrapError::Closed)));
}

#[tokio::test]
async fn the_command_line_needs_no_secret() {
    let world = World::empty(Adapters::in_memory());
    bootstrap_locally(LocalTrust::of_the_command_line(), &world.deps, first_tenant()).await.unwrap();
    assert!(is_bootstrapped(&world.deps).await.unwrap());
    assert_eq!(world.owner().await.permissions(), PermissionSet::all());
}

#[tokio::test]
async fn a_weak_password_leaves_everything_open() {
    let world = World::empty(Adapters::in_memory());
    let given = secret();
    for password in ["short", "password1234"] {
        let mut cmd = first_tenant();
        cmd.password = password.into();
        let refused = bootstrap(&world.deps, Origin::default(), Some(&given), &given, cmd).await.unwrap_err();
        assert_eq!(refused.fields()[0].pointer, "/password");
    }
    assert!(!is_bootstrapped(&world.deps).await.unwrap());
    attempt(&world, Some(secret()), "the secret of the beginning").await.unwrap();
}

#[tokio::test]
async fn of_a_hundred_at_once_one_wins() {
    let world = World::empty(Adapters::in_memory());
    let attempts: Vec<_> = (0..100)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { attempt(&world, Some(secret()), "the secret of the beginning").await })
        })
        .collect();
    let mut won = 0;
    for attempt in attempts {
        won += usize::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn the_tenant_begins_with_its_three_roles_and_its_owner_is_the_operator() {
    let world = World::bootstrap().await;
    let (owner, operator) = (world.owner().await, world.operator().await);
    assert_eq!(owner.user_id(), operator.user_id());
    for system in SystemRole::ALL {
        world.system_role(&owner, system).await;
    }
}
