use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cotenant_domain::jobs::{
    Attempt, Claim, Done, Handlers, JobEnvelope, JobError, JobHandler, JobId, JobKind, JobRecord, JobStatus, Leased,
    NewJob, Priority, RunReport, run_due,
};
use cotenant_domain::tenancy::Actor;
use cotenant_domain::tenants::TenantId;
use time::Duration;

use super::{Kit, assert_stale, world, writer};
use crate::world::{WORKER, World};

/// How long leases last here.
pub(super) const LEASE: Duration = Duration::minutes(5);

cotenant_domain::payload! {
    /// What a job of these rules is about.
    pub(super) struct Thing {
        /// Something.
        thing_id: JobId,
    }
}

/// The kind of job of these rules.
pub(super) struct AJob;

impl JobKind for AJob {
    const NAME: &'static str = "a.job";
    type Payload = Thing;
}

/// A job that is due.
pub(super) fn a_job(world: &World) -> NewJob {
    let id = JobId::new(world.deps.ids.next());
    NewJob::of::<AJob>(id, &Thing { thing_id: id }, world.deps.clock.now())
}

/// Queues a job; whether it was.
pub(super) async fn queue(world: &World, actor: &Actor, job: NewJob) -> bool {
    let unit = writer(world, actor).await;
    let queued = unit.jobs().enqueue(job).await.unwrap();
    unit.commit().await.unwrap();
    queued
}

/// Queues a job that is due after a while.
pub(super) async fn enqueue(world: &World, actor: &Actor, after: Duration) -> JobId {
    let job = a_job(world).not_before(world.deps.clock.now() + after);
    let id = job.id;
    assert!(queue(world, actor, job).await);
    id
}

/// Asks for so many jobs at this moment.
pub(super) fn ask(world: &World, most: u32) -> Claim {
    let now = world.deps.clock.now();
    Claim { now, until: now + LEASE, most, turn: most, in_hand: 1_000 }
}

pub(super) async fn claim(world: &World, claim: Claim) -> Vec<JobEnvelope> {
    world.deps.db.dispatcher().lease(&claim, None).await.unwrap().leased
}

pub(super) async fn lease(world: &World, most: u32) -> Vec<(JobId, i64)> {
    claim(world, ask(world, most)).await.iter().map(|envelope| (envelope.job_id, envelope.lease)).collect()
}

pub(super) async fn find(world: &World, actor: &Actor, id: JobId) -> JobRecord {
    writer(world, actor).await.jobs().find(id).await.unwrap().unwrap()
}

// Attacks: 12.
/// Jobs are leased when they are due, each with its own tenant, at most as many as asked for: those of the highest priority
/// first, then the oldest.
pub async fn due_jobs_are_leased_in_their_order_each_with_its_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let second = enqueue(&world, &ours, Duration::milliseconds(1_500)).await;
    let first = enqueue(&world, &ours, Duration::seconds(1)).await;
    let foreign = enqueue(&world, &theirs, Duration::seconds(2)).await;
    let later =
        |priority| a_job(&world).not_before(world.deps.clock.now() + Duration::seconds(2)).with_priority(priority);
    let (low, high) = (later(Priority::Low), later(Priority::High));
    let (low_id, high_id) = (low.id, high.id);
    assert!(queue(&world, &ours, low).await && queue(&world, &ours, high).await);
    enqueue(&world, &ours, Duration::seconds(3)).await;
    assert_eq!(lease(&world, 10).await, [], "nothing is due yet");
    world.clock.advance(Duration::seconds(2));
    let mut leased = claim(&world, ask(&world, 3)).await;
    leased.extend(claim(&world, ask(&world, 10)).await);
    let of = |tenant: TenantId| -> Vec<JobId> {
        leased.iter().filter(|envelope| envelope.tenant_id == tenant).map(|envelope| envelope.job_id).collect()
    };
    assert_eq!(of(ours.tenant_id()), [high_id, first, second, low_id]);
    assert_eq!(of(theirs.tenant_id()), [foreign]);
    assert_eq!(leased.len(), 5);
    assert_eq!(lease(&world, 10).await, [], "the last one is not due");
}

// Attacks: 39.
/// Two workers at the same time never get the same job.
pub async fn no_job_is_leased_twice_at_a_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    for _ in 0..12 {
        enqueue(&world, &owner, Duration::ZERO).await;
    }
    let (a, b, c, d) = tokio::join!(lease(&world, 5), lease(&world, 5), lease(&world, 5), lease(&world, 5));
    let mut leased: Vec<_> = [a, b, c, d].concat();
    leased.extend(lease(&world, 100).await);
    assert_eq!(leased.len(), 12);
    assert_eq!(leased.iter().collect::<BTreeSet<_>>().len(), 12);
}

// Attacks: 39.
/// A lease that has run out is taken over under a higher number, and whoever held it can end the job no more.
pub async fn an_expired_lease_is_taken_over_with_a_higher_number(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    assert_eq!(lease(&world, 1).await, [(id, 1)]);
    world.clock.advance(LEASE - Duration::MICROSECOND);
    assert_eq!(lease(&world, 1).await, []);
    world.clock.advance(Duration::MICROSECOND);
    assert_eq!(lease(&world, 1).await, [(id, 2)]);
    let now = world.deps.clock.now();
    let unit = writer(&world, &owner).await;
    assert_stale(unit.jobs().complete(id, 1, now).await);
    drop(unit);
    let unit = writer(&world, &owner).await;
    assert_stale(unit.jobs().fail(id, 1, "too late", now, None).await);
    drop(unit);
    let unit = writer(&world, &owner).await;
    unit.jobs().complete(id, 2, now).await.unwrap();
    unit.commit().await.unwrap();
    let job = find(&world, &owner, id).await;
    assert_eq!((job.status, job.attempts, job.lease), (JobStatus::Done, 2, 2));
}

/// A job that is done or given up is never leased again.
pub async fn an_ended_job_is_not_leased_again(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let (done, dead) = (enqueue(&world, &owner, Duration::ZERO).await, enqueue(&world, &owner, Duration::ZERO).await);
    assert_eq!(lease(&world, 2).await.len(), 2);
    let now = world.deps.clock.now();
    let unit = writer(&world, &owner).await;
    unit.jobs().complete(done, 1, now).await.unwrap();
    unit.jobs().fail(dead, 1, "hopeless", now, None).await.unwrap();
    unit.commit().await.unwrap();
    world.clock.advance(LEASE * 2);
    assert_eq!(lease(&world, 2).await, []);
    assert_eq!(find(&world, &owner, dead).await.status, JobStatus::Dead);
}

/// A failed attempt comes again at its time, and counts; one that is handed back comes again at once, and does not.
pub async fn a_failed_attempt_counts_and_one_handed_back_does_not(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    lease(&world, 1).await;
    let again = world.deps.clock.now() + Duration::seconds(30);
    let unit = writer(&world, &owner).await;
    unit.jobs().fail(id, 1, "the mail server is away", world.deps.clock.now(), Some(again)).await.unwrap();
    unit.commit().await.unwrap();
    assert_stale(writer(&world, &owner).await.jobs().complete(id, 1, world.deps.clock.now()).await);
    assert_eq!(lease(&world, 1).await, []);
    world.clock.set(again);
    let taken = claim(&world, ask(&world, 1)).await;
    assert_eq!((taken[0].job_id, taken[0].lease), (id, 2));
    let failed = find(&world, &owner, id).await;
    assert_eq!((failed.attempts, failed.last_error.as_deref()), (2, Some("the mail server is away")));
    let dispatcher = world.deps.db.dispatcher();
    dispatcher.hand_back(&[Leased::Tenant(taken[0])]).await.unwrap();
    let given = find(&world, &owner, id).await;
    assert_eq!((given.attempts, given.leased_until), (1, None));
    dispatcher.hand_back(&[Leased::Tenant(taken[0])]).await.unwrap();
    assert_eq!(find(&world, &owner, id).await.attempts, 1, "it is given back once");
    assert_eq!(lease(&world, 1).await, [(id, 3)]);
    dispatcher.hand_back(&[Leased::Tenant(taken[0])]).await.unwrap();
    assert_eq!(find(&world, &owner, id).await.attempts, 2, "an old lease gives nothing back");
}

// Attacks: 12.
/// A job of another tenant cannot be ended, even under the number of its current lease.
pub async fn a_job_of_another_tenant_cannot_be_ended(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let id = enqueue(&world, &theirs, Duration::ZERO).await;
    assert_eq!(lease(&world, 1).await, [(id, 1)]);
    let unit = writer(&world, &ours).await;
    assert_stale(unit.jobs().complete(id, 1, world.deps.clock.now()).await);
    drop(unit);
    assert_eq!(find(&world, &theirs, id).await.status, JobStatus::Queued);
}

/// Fails, and notes at which job of which tenant.
#[derive(Clone, Default)]
struct Failing(Arc<Mutex<BTreeSet<(JobId, TenantId)>>>);

impl JobKind for Failing {
    const NAME: &'static str = AJob::NAME;
    type Payload = Thing;
}

#[async_trait]
impl JobHandler for Failing {
    async fn run(&self, attempt: &Attempt<'_>, about: Thing) -> Result<Done, JobError> {
        assert_eq!(about.thing_id, attempt.job_id());
        self.0.lock().unwrap().insert((attempt.job_id(), attempt.tenant_id()));
        Err(JobError::Failed { what: "it fails", source: "as it is meant to".into() })
    }
}

// Attacks: 12.
/// Each attempt at a job is made in the tenant that queued it, the repeated ones too.
pub async fn a_repeated_attempt_stays_in_the_tenant_of_its_job(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let mut queued = BTreeSet::new();
    for actor in [&ours, &theirs] {
        queued.insert((enqueue(&world, actor, Duration::ZERO).await, actor.tenant_id()));
    }
    for _ in 1..WORKER.max_attempts {
        let failing = Failing::default();
        let report = run_due(&world.deps, &Handlers::new().in_tenants(failing.clone()), &WORKER).await.unwrap();
        assert_eq!(report, RunReport { failed: 2, ..RunReport::default() });
        assert_eq!(*failing.0.lock().unwrap(), queued);
        world.clock.advance(Duration::HOUR);
    }
}

/// A job is read back as it was queued.
pub async fn a_job_is_read_back_as_it_was_queued(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let now = world.deps.clock.now();
    let job = a_job(&world).not_before(now + LEASE).with_priority(Priority::Low).once_per(&now);
    let expected = JobRecord {
        id: job.id,
        kind: "a.job".into(),
        payload: format!("{{\"thing_id\":\"{}\"}}", job.id),
        status: JobStatus::Queued,
        priority: Priority::Low,
        unique_key: job.unique_key.clone(),
        created_at: now,
        run_at: now + LEASE,
        leased_until: None,
        lease: 0,
        attempts: 0,
        last_error: None,
        unknown_since: None,
        finished_at: None,
    };
    assert!(queue(&world, &owner, job).await);
    assert_eq!(find(&world, &owner, expected.id).await, expected);
}
