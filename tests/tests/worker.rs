//! The worker's loop, over a world in memory: how many jobs it does at a time, what it does with those that end badly, and
//! how it stops.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::jobs::{
    Attempt, Claim, Done, Handlers, JobError, JobHandler, JobId, JobKind, JobRecord, JobStatus, ListJobs, NewJob, list,
};
use cotenant_domain::shared::Clock;
use cotenant_domain::tenancy::StoresCreate;
use cotenant_infrastructure::{DatabaseOptions, ScopedDatabase, SeaDatabase};
use cotenant_server::Worker;
use cotenant_server::config::{Config, Jobs, Sources};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, Kind, Proxy, eventually};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

/// What handlers do, and what is seen of them.
#[derive(Clone)]
struct Stage {
    /// One permit lets one attempt end.
    gate: Arc<Semaphore>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Stage {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), running: Arc::default(), most: Arc::default() }
    }

    fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }
}

/// Ends an attempt's time on the stage, however it ends.
struct Exit(Arc<AtomicUsize>);

impl Drop for Exit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits at the gate.
struct Waits(Stage);

impl JobKind for Waits {
    const NAME: &'static str = "a.waiting_job";
    type Payload = ();
}

#[async_trait]
impl JobHandler for Waits {
    async fn run(&self, attempt: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        let now = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        let _exit = Exit(self.0.running.clone());
        self.0.gate.acquire().await.unwrap().forget();
        Ok(attempt.done())
    }
}

/// Panics.
struct Panics;

impl JobKind for Panics {
    const NAME: &'static str = "a.panicking_job";
    type Payload = ();
}

#[async_trait]
impl JobHandler for Panics {
    #[expect(clippy::panic, reason = "this is what is tried")]
    async fn run(&self, _: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        panic!("at the worst moment")
    }
}

fn settings(more: &[(&str, &str)]) -> Jobs {
    let mut sources = Sources::default().with("COTENANT_ENV", "test").with("COTENANT__JOBS__POLL_MS", "5");
    for (variable, value) in more {
        sources = sources.with(format!("COTENANT__JOBS__{variable}"), *value);
    }
    Config::load(&sources).unwrap().jobs
}

async fn queue<K: JobKind<Payload = ()>>(world: &World, count: usize) {
    let owner = world.owner().await;
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    for _ in 0..count {
        let job = NewJob::of::<K>(JobId::new(world.deps.ids.next()), &(), world.deps.clock.now());
        assert!(unit.jobs().enqueue(job).await.unwrap());
    }
    unit.commit().await.unwrap();
}

async fn jobs(world: &World) -> Vec<JobRecord> {
    let owner = world.owner().await;
    list(&owner, &world.deps, ListJobs::default()).await.unwrap().items
}

async fn count(world: &World, status: JobStatus) -> usize {
    jobs(world).await.iter().filter(|job| job.status == status).count()
}

#[tokio::test]
async fn a_worker_does_as_many_at_a_time_as_it_has_hands_and_a_tenant_may_have() {
    for (hands, in_hand, expected) in [("3", "100", 3), ("8", "2", 2)] {
        let (world, stage) = (World::bootstrap().await, Stage::new());
        queue::<Waits>(&world, 7).await;
        let settings = settings(&[("CONCURRENCY", hands), ("TENANT_IN_HAND", in_hand)]);
        let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
        let worker = Worker::start(world.deps.clone(), handlers, &settings);
        eventually("all hands are full", async || stage.running() == expected).await;
        stage.gate.add_permits(7);
        eventually("all are done", async || count(&world, JobStatus::Done).await == 7).await;
        assert_eq!(stage.most.load(Ordering::SeqCst), expected);
        worker.stop(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn a_worker_that_stops_finishes_what_it_has_begun_and_begins_nothing() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    queue::<Waits>(&world, 3).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("CONCURRENCY", "1")]));
    eventually("one is begun", async || stage.running() == 1).await;
    let stopping = tokio::spawn(worker.stop(Duration::from_secs(30)));
    tokio::task::yield_now().await;
    stage.gate.add_permits(3);
    stopping.await.unwrap();
    assert_eq!((count(&world, JobStatus::Done).await, count(&world, JobStatus::Queued).await), (1, 2));
    assert!(jobs(&world).await.iter().all(|job| job.leased_until.is_none()));
}

#[tokio::test]
async fn what_is_not_finished_in_time_is_handed_back_and_to_be_had_at_once() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    queue::<Waits>(&world, 2).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("CONCURRENCY", "2")]));
    eventually("both are begun", async || stage.running() == 2).await;
    let began = Instant::now();
    worker.stop(Duration::from_millis(50)).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(stage.running(), 0, "they were broken off");
    for job in jobs(&world).await {
        assert_eq!((job.status, job.attempts, job.leased_until), (JobStatus::Queued, 0, None));
    }
    stage.gate.add_permits(2);
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let next = Worker::start(world.deps.clone(), handlers, &settings(&[]));
    eventually("another worker does them", async || count(&world, JobStatus::Done).await == 2).await;
    next.stop(Duration::from_secs(5)).await;
}

#[tokio::test]
async fn a_handler_that_panics_has_failed_and_the_worker_goes_on() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    stage.gate.add_permits(1);
    queue::<Panics>(&world, 1).await;
    queue::<Waits>(&world, 1).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone())).in_tenants(Panics);
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("CONCURRENCY", "1")]));
    eventually("the other is done", async || count(&world, JobStatus::Done).await == 1).await;
    worker.stop(Duration::from_secs(5)).await;
    let failed = jobs(&world).await.into_iter().find(|job| job.status == JobStatus::Queued).unwrap();
    assert_eq!((failed.attempts, failed.last_error.as_deref()), (1, Some("the handler panicked")));
    assert!(failed.leased_until.is_none() && failed.run_at > world.deps.clock.now(), "{failed:?}");
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_broken_off_and_has_failed() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    queue::<Waits>(&world, 1).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("TIME_LIMIT_SECONDS", "1")]));
    eventually("it has failed", async || jobs(&world).await[0].last_error.is_some()).await;
    assert_eq!((jobs(&world).await[0].last_error.as_deref(), stage.running()), (Some("the attempt took too long"), 0));
    worker.stop(Duration::from_secs(5)).await;
}

// Attacks: 39.
#[tokio::test]
async fn leases_are_prolonged_while_an_attempt_runs_and_one_that_was_lost_is_broken_off() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    queue::<Waits>(&world, 1).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let settings = settings(&[("LEASE_SECONDS", "1"), ("CONCURRENCY", "1")]);
    let worker = Worker::start(world.deps.clone(), handlers, &settings);
    eventually("it is begun", async || stage.running() == 1).await;
    let first = jobs(&world).await[0].leased_until;
    world.clock.advance(time::Duration::milliseconds(900));
    eventually("its lease is prolonged", async || jobs(&world).await[0].leased_until > first).await;
    // The worker stands still for longer than its lease, and another takes the job over; unless the first was quicker.
    let mut taken = Vec::new();
    while taken.is_empty() {
        world.clock.advance(time::Duration::seconds(2));
        let now = world.deps.clock.now();
        let claim = Claim { now, until: now + time::Duration::HOUR, most: 1, turn: 1, in_hand: 1 };
        taken = world.deps.db.dispatcher().lease(&claim, None).await.unwrap().leased;
    }
    assert_eq!(taken[0].lease, 2);
    eventually("the first worker lets it go", async || stage.running() == 0).await;
    let job = jobs(&world).await.remove(0);
    assert_eq!((job.status, job.lease, job.attempts), (JobStatus::Queued, 2, 2));
    worker.stop(Duration::from_secs(5)).await;
}

/// A job that runs in this worker, with hands free, is not begun a second time: neither beside itself nor by a further attempt.
async fn still_runs_once(world: &World, stage: &Stage) {
    let now = world.deps.clock.now();
    eventually("its lease holds again", async || jobs(world).await[0].leased_until.is_some_and(|until| until > now))
        .await;
    let job = jobs(world).await.remove(0);
    assert_eq!((job.lease, job.attempts), (1, 1));
    assert_eq!((stage.running(), stage.most.load(Ordering::SeqCst)), (1, 1));
}

// Attacks: 39.
#[tokio::test]
async fn a_worker_that_stood_still_for_longer_than_a_lease_does_not_take_over_its_own_jobs() {
    let (world, stage) = (World::bootstrap().await, Stage::new());
    queue::<Waits>(&world, 1).await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("CONCURRENCY", "4")]));
    eventually("it is begun", async || stage.running() == 1).await;
    world.clock.advance(time::Duration::minutes(5));
    still_runs_once(&world, &stage).await;
    stage.gate.add_permits(1);
    eventually("it is done", async || count(&world, JobStatus::Done).await == 1).await;
    worker.stop(Duration::from_secs(5)).await;
}

// Attacks: 39.
#[tokio::test]
async fn a_worker_whose_database_was_away_for_longer_than_a_lease_does_not_take_over_its_own_jobs() {
    let Some(mut database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let (mut proxy, through) = Proxy::before(&database.url.clone()).await;
    database.url = through;
    let options = DatabaseOptions { acquire_timeout: Duration::from_millis(500), ..database.options() };
    let adapters = Adapters::over(SeaDatabase::new(ScopedDatabase::connect(&options).unwrap()));
    let (world, stage) = (World::bootstrap_over(adapters).await, Stage::new());
    queue::<Waits>(&world, 1).await;
    let owner = world.owner().await;
    let handlers = Handlers::new().in_tenants(Waits(stage.clone()));
    let worker = Worker::start(world.deps.clone(), handlers, &settings(&[("CONCURRENCY", "4")]));
    eventually("it is begun", async || stage.running() == 1).await;
    proxy.cut().await;
    world.clock.advance(time::Duration::minutes(5));
    // As long as this takes to fail, the worker asks in vain as well.
    let scope = owner.authorize(StoresCreate).unwrap();
    assert!(world.deps.db.write(&scope).await.is_err());
    proxy.mend();
    still_runs_once(&world, &stage).await;
    stage.gate.add_permits(1);
    eventually("it is done", async || count(&world, JobStatus::Done).await == 1).await;
    worker.stop(Duration::from_secs(5)).await;
}

/// A clock that breaks whoever looks at it.
struct Broken;

impl Clock for Broken {
    #[expect(clippy::panic, reason = "this is what is tried")]
    fn now(&self) -> OffsetDateTime {
        panic!("no time")
    }
}

#[tokio::test]
async fn a_worker_that_ends_by_itself_is_noticed() {
    let world = World::bootstrap().await;
    let deps = Deps { clock: Arc::new(Broken), ..world.deps.clone() };
    let mut worker = Worker::start(deps, Handlers::new(), &settings(&[]));
    tokio::time::timeout(Duration::from_secs(5), worker.ended()).await.unwrap();
    let mut healthy = Worker::start(world.deps.clone(), Handlers::new(), &settings(&[]));
    assert!(tokio::time::timeout(Duration::from_millis(50), healthy.ended()).await.is_err());
    healthy.stop(Duration::from_secs(5)).await;
}
