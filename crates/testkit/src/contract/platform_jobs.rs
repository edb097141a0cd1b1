use cotenant_domain::jobs::{
    Claim, Handlers, JobFilter, JobId, JobKind, JobRecord, JobStatus, Leased, PlatformJobEnvelope, queue_scheduled,
    run_due,
};
use cotenant_domain::platform::{self as operators, CreateTenant};
use cotenant_domain::shared::PageRequest;
use cotenant_domain::tenancy::{Actor, Operator};
use time::Duration;

use super::jobs::{LEASE, a_job, ask, claim};
use super::{Kit, assert_stale, platform, reader, world};
use crate::world::{WORKER, World};

async fn enqueue(world: &World, operator: &Operator, after: Duration) -> JobId {
    let job = a_job(world).not_before(world.deps.clock.now() + after);
    let (id, unit) = (job.id, platform(world, operator).await);
    assert!(unit.jobs().enqueue(job).await.unwrap());
    unit.commit().await.unwrap();
    id
}

async fn take(world: &World, most: u32) -> Vec<PlatformJobEnvelope> {
    world.deps.db.dispatcher().lease_at_platform(&ask(world, most)).await.unwrap()
}

async fn lease(world: &World, most: u32) -> Vec<(JobId, i64)> {
    take(world, most).await.into_iter().map(|envelope| (envelope.job_id, envelope.lease)).collect()
}

async fn find(world: &World, operator: &Operator, id: JobId) -> JobRecord {
    platform(world, operator).await.jobs().find(id).await.unwrap().unwrap()
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
    assert_eq!(claim(&world, ask(&world, 10)).await, [], "none is a tenant's");
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
    let taken = take(&world, 10).await;
    assert_eq!(taken, [PlatformJobEnvelope { job_id: id, lease: 3 }]);
    let (held, dispatcher) = ([Leased::Platform(taken[0])], world.deps.db.dispatcher());
    world.clock.advance(LEASE / 2);
    let until = world.deps.clock.now() + LEASE;
    assert_eq!(dispatcher.renew(&held, until).await.unwrap(), held);
    world.clock.advance(LEASE - Duration::MICROSECOND);
    assert_eq!(lease(&world, 10).await, [], "it was prolonged");
    dispatcher.hand_back(&held).await.unwrap();
    assert_eq!(find(&world, &operator, id).await.attempts, 2);
    assert_eq!(lease(&world, 10).await, [(id, 4)]);
    assert_eq!(dispatcher.renew(&held, until).await.unwrap(), []);
    let (unit, now) = (platform(&world, &operator).await, world.deps.clock.now());
    unit.jobs().fail(id, 4, "hopeless", now, None).await.unwrap();
    unit.commit().await.unwrap();
    let unit = platform(&world, &operator).await;
    unit.jobs().requeue(id, now).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(lease(&world, 10).await, [(id, 5)]);
    let unit = platform(&world, &operator).await;
    unit.jobs().complete(id, 5, now).await.unwrap();
    unit.commit().await.unwrap();
    let job = find(&world, &operator, id).await;
    assert_eq!((job.status, job.attempts, job.finished_at), (JobStatus::Done, 1, Some(now)));
    assert_eq!(dispatcher.purge(JobStatus::Done, now + Duration::MICROSECOND, 10).await.unwrap(), 1);
    let shown = platform(&world, &operator).await.jobs().list(&JobFilter::default(), &PageRequest::default()).await;
    assert!(shown.unwrap().items.iter().all(|job| job.id != id));
}

/// What a tenant may have in hand is no bound of the platform's: many workers do many of its jobs.
pub async fn the_platform_has_no_share_of_a_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    world.work().await;
    for _ in 0..5 {
        enqueue(&world, &operator, Duration::ZERO).await;
    }
    let claim = Claim { in_hand: 1, ..ask(&world, 2) };
    let mut leased = Vec::new();
    for _worker in 0..3 {
        leased.push(world.deps.db.dispatcher().lease_at_platform(&claim).await.unwrap().len());
    }
    assert_eq!(leased, [2, 2, 1]);
}

/// A job that a schedule queues.
struct Nightly;

impl JobKind for Nightly {
    const NAME: &'static str = "a.nightly_job";
    type Payload = ();
}

/// One at the platform.
struct Weekly;

impl JobKind for Weekly {
    const NAME: &'static str = "a.weekly_job";
    type Payload = ();
}

/// How many nightly jobs the tenant has, and how many weekly ones the platform.
async fn scheduled(world: &World, actor: &Actor, operator: &Operator) -> (usize, usize) {
    let of = |kind: &str| JobFilter { kind: Some(kind.into()), ..JobFilter::default() };
    let here = reader(world, actor).await.jobs().list(&of(Nightly::NAME), &PageRequest::default()).await.unwrap();
    let unit = platform(world, operator).await;
    let there = unit.jobs().list(&of(Weekly::NAME), &PageRequest::default()).await.unwrap();
    (here.items.len(), there.items.len())
}

/// What is scheduled comes up once each time, however many workers look: once in each tenant in use, once at the platform.
pub async fn a_schedule_comes_up_once_for_all_workers(kit: &dyn Kit) {
    let world = world(kit).await;
    let operator = world.operator().await;
    let suspended = world.tenant("globex", "boss@globex.example").await;
    let id = suspended.tenant_id();
    operators::suspend(&operator, &world.deps, id, "unpaid".parse().unwrap(), None).await.unwrap();
    let handlers = || Handlers::new().each_tenant::<Nightly>("0 3 * * *").unwrap();
    let handlers = || handlers().platform_schedule::<Weekly>("0 3 * * *").unwrap();
    let look = async || queue_scheduled(&world.deps, &handlers()).await.unwrap();
    assert_eq!(look().await, 0, "a new schedule begins with its next time");
    for night in 1..=2 {
        world.clock.advance(Duration::DAY);
        let (a, b, c) = tokio::join!(look(), look(), look());
        assert_eq!(a + b + c, 2, "each of the two, once");
        run_due(&world.deps, &handlers(), &WORKER).await.unwrap();
        let ours = world.owner().await;
        assert_eq!(scheduled(&world, &ours, &operator).await, (night, night));
    }
    world.clock.advance(Duration::DAY * 3);
    assert_eq!(look().await, 2, "of several that were missed, the last");
    let operator = world.operator().await;
    operators::reactivate(&operator, &world.deps, id, None).await.unwrap();
    let new = CreateTenant {
        name: "Initech".parse().unwrap(),
        slug: "initech".parse().unwrap(),
        locale: None,
        owner_email: "boss@initech.example".parse().unwrap(),
        expires_at: None,
    };
    operators::create(&operator, &world.deps, new).await.unwrap();
    run_due(&world.deps, &handlers(), &WORKER).await.unwrap();
    let theirs = world.actor("boss@globex.example", "globex").await;
    assert_eq!(scheduled(&world, &theirs, &operator).await, (1, 3), "it missed what came up while it was suspended");
}
