//! What is kept for requests that are done once, and swept.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_domain::idempotency::{Answer, Errand, Fingerprint, KEPT, Request, Sweeps, conclude};
use cotenant_domain::jobs::RunReport;
use cotenant_domain::tenancy::{Bearer, MemberActor, StoresCreate};
use cotenant_testkit::World;
use time::Duration;

/// Opens a store under a key of its own.
async fn once(world: &World, sweeps: &Sweeps, actor: &MemberActor, code: &str) {
    let fingerprint = Fingerprint::of("POST", "/stores", code.as_bytes());
    let (key, at) = (code.parse().unwrap(), world.deps.clock.now());
    let errand = Errand::new(Request { key, route: "open_store", fingerprint, store: None, at });
    let asking = Bearer::Member(actor.clone()).doing(errand.clone()).member().unwrap();
    world.store(&asking, code).await;
    let answer = Answer { status: 201, location: None, etag: None, body: None };
    conclude(&errand, &world.deps, sweeps, Some(actor.tenant_id()), &answer).await.unwrap();
}

#[tokio::test]
async fn a_sweep_takes_all_that_has_run_out_however_much_that_is() {
    let world = World::bootstrap().await;
    let (owner, sweeps) = (world.owner().await, Sweeps::default());
    for n in 0..450 {
        once(&world, &sweeps, &owner, &format!("S-{n}")).await;
    }
    world.clock.advance(KEPT + Duration::hours(6));
    let owner = world.owner().await;
    once(&world, &sweeps, &owner, "YOUNG").await;
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    assert_eq!(unit.answers().sweep(world.deps.clock.now() - KEPT, 1_000).await.unwrap(), 0);
    assert_eq!(unit.answers().sweep(world.deps.clock.now(), 1_000).await.unwrap(), 1, "what is young is left");
}
