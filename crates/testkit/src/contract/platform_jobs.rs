use cotenant_domain::jobs::{JobId, JobStatus, NewJob};
use cotenant_domain::tenancy::Operator;
use serde_json::json;
use time::Duration;

use super::{Kit, assert_stale, platform, world};
use crate::world::World;

const LEASE: Duration = Duration::minutes(5);

async fn enqueue(world: &World, operator: &Operator, after: Duration) -> JobId {
    let (id, run_at) = (JobId::new(world.deps.ids.next()), world.deps.clock.now() + after);
    let unit = platform(world, operator).await;
    unit.jobs().enqueue(NewJob { id, kind: "a.job", payload: json!({ "thing_id": id }), run_at }).await.unwrap();
    unit.commit().await.unwrap();
    id
}

async fn lease(world: &World, most: u32) -> Vec<(JobId, i64)> {
    let now = world.deps.clock.now();
    let leased = world.deps.db.dispatcher().lease_at_platform(now, now + LEASE, most).await.unwrap();
    leased.into_iter().map(|envelope| (envelope.job_id, envelope.lease)).collect()
}

// Attacks: 12.
/// Jobs of the platform and of tenants are leased apart, the oldest first, each once at a time.
pub async fn jobs_of_the_platform_are_leased_apart_from_those_of_tenants(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    world.work().await;
    let second = enqueue(&world, &operator, Duration::seconds(1)).await;
    let first = enqueue(&world, &operator, Duration::ZERO).await;
    assert_eq!(lease(&world, 10).await, [(first, 1)], "the other is not due");
    world.clock.advance(Duration::seconds(1));
    let now = world.deps.clock.now();
    assert_eq!(world.deps.db.dispatcher().lease(now, now + LEASE, 10).await.unwrap(), [], "none is a tenant's");
    let (a, b, c) = tokio::join!(lease(&world, 10), lease(&world, 10), lease(&world, 10));
    assert_eq!([a, b, c].concat(), [(second, 1)]);
}

// Attacks: 39.
/// A job of the platform is ended by who holds its current lease, and by nobody else.
pub async fn a_job_of_the_platform_is_ended_by_who_holds_its_lease(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let id = enqueue(&world, &operator, Duration::ZERO).await;
    assert_eq!(lease(&world, 10).await, [(id, 1)]);
    world.clock.advance(LEASE);
    assert_eq!(lease(&world, 10).await, [(id, 2)]);
    let now = world.deps.clock.now();
    assert_stale(platform(&world, &operator).await.jobs().complete(id, 1, now).await);
    let unit = platform(&world, &operator).await;
    unit.jobs().fail(id, 2, "away", now, Some(now + Duration::SECOND)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(lease(&world, 10).await, []);
    world.clock.advance(Duration::SECOND);
    assert_eq!(lease(&world, 10).await, [(id, 3)]);
    let unit = platform(&world, &operator).await;
    unit.jobs().postpone(id, 3, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(lease(&world, 10).await, [(id, 4)]);
    let unit = platform(&world, &operator).await;
    unit.jobs().complete(id, 4, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    let job = platform(&world, &operator).await.jobs().find(id).await.unwrap().unwrap();
    assert_eq!((job.status, job.attempts, job.payload), (JobStatus::Done, 3, json!({ "thing_id": id })));
    world.clock.advance(LEASE);
    assert_eq!(lease(&world, 10).await, []);
}
