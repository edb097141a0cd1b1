use cotenant_domain::bootstrap::{BOOTSTRAP_UNIQUE, BootstrapError, bootstrap, is_bootstrapped};
use cotenant_domain::shared::{Limit, PageRequest};
use cotenant_domain::tenancy::Origin;
use secrecy::SecretString;

use super::{Kit, assert_conflict, platform, world};
use crate::world::{World, first_tenant};

/// The beginning can be claimed once ever.
pub async fn the_beginning_is_claimed_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let unit = platform(&world, &operator).await;
    assert!(unit.bootstrap().is_done().await.unwrap());
    assert_conflict(unit.bootstrap().claim(world.deps.clock.now()).await, BOOTSTRAP_UNIQUE);
}

/// Of several beginnings at the same time one happens, wholly, and the others not at all.
pub async fn of_several_beginnings_at_once_one_happens(kit: &dyn Kit) {
    let world = World::empty(kit.adapters().await);
    assert!(!is_bootstrapped(&world.deps).await.unwrap());
    let secret = SecretString::from("the secret of the beginning");
    let attempt = async |n: usize| {
        let mut cmd = first_tenant();
        cmd.tenant_slug = format!("tenant-{n}").parse().unwrap();
        if n > 0 {
            cmd.email = format!("person-{n}@cotenant.example").parse().unwrap();
        }
        bootstrap(&world.deps, Origin::default(), Some(&secret), &secret, cmd).await
    };
    let (a, b, c, d) = tokio::join!(attempt(1), attempt(2), attempt(3), attempt(4));
    let (won, lost): (Vec<_>, Vec<_>) = [a, b, c, d].into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for error in lost {
        assert!(matches!(error, Err(BootstrapError::Closed)), "{error:?}");
    }
    let winner = won.into_iter().next().unwrap().unwrap();
    let owner = world.actor(winner.user.email.as_str(), winner.tenant.slug.as_str()).await;
    assert_eq!(owner.tenant_id(), winner.tenant.base.id);
    // Nobody but the winner came to be.
    let mut people = 0;
    for n in 1..=4 {
        people += usize::from(super::person(&world, &format!("person-{n}@cotenant.example")).await.is_some());
    }
    assert_eq!(people, 1);
}

/// What the beginning makes is there: one tenant and one operator.
pub async fn the_beginning_makes_one_tenant_and_one_operator(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let unit = platform(&world, &operator).await;
    let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    assert_eq!(unit.tenants().list(&Default::default(), &page).await.unwrap().items.len(), 1);
    let operators = unit.operators().list().await.unwrap();
    assert_eq!(operators.iter().map(|record| record.user_id).collect::<Vec<_>>(), [operator.user_id()]);
}
