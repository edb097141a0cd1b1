use std::collections::BTreeSet;
use std::sync::Mutex;

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::jobs::{Job, JobError, JobHandler, JobId, JobScope, JobStatus, NewJob, RunReport, run_due};
use cotenant_domain::tenancy::Actor;
use cotenant_domain::tenants::TenantId;
use serde_json::json;
use time::Duration;

use super::{Kit, assert_stale, world, writer};
use crate::world::{WORKER, World};

const LEASE: Duration = Duration::minutes(5);

/// Queues a job that is due after a while.
async fn enqueue(world: &World, actor: &Actor, after: Duration) -> JobId {
    let (id, run_at) = (JobId::new(world.deps.ids.next()), world.deps.clock.now() + after);
    let unit = writer(world, actor).await;
    unit.jobs().enqueue(NewJob { id, kind: "a.job", payload: json!({ "thing_id": id }), run_at }).await.unwrap();
    unit.commit().await.unwrap();
    id
}

async fn lease(world: &World, most: u32) -> Vec<(JobId, i64)> {
    let now = world.deps.clock.now();
    let leased = world.deps.db.dispatcher().lease(now, now + LEASE, most).await.unwrap();
    leased.into_iter().map(|envelope| (envelope.job_id, envelope.lease)).collect()
}

async fn find(world: &World, actor: &Actor, id: JobId) -> Job {
    writer(world, actor).await.jobs().find(id).await.unwrap().unwrap()
}

// Attacks: 12.
/// Due jobs of all tenants are leased, the oldest first, at most as many as asked for, each with its own tenant.
pub async fn due_jobs_of_all_tenants_are_leased_oldest_first(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let second = enqueue(&world, &ours, Duration::milliseconds(1_500)).await;
    let first = enqueue(&world, &theirs, Duration::seconds(1)).await;
    let third = enqueue(&world, &ours, Duration::seconds(2)).await;
    enqueue(&world, &ours, Duration::seconds(3)).await;
    assert_eq!(lease(&world, 10).await, [], "nothing is due yet");
    world.clock.advance(Duration::seconds(2));
    let now = world.deps.clock.now();
    let leased = world.deps.db.dispatcher().lease(now, now + LEASE, 2).await.unwrap();
    let of = |envelope: &cotenant_domain::jobs::JobEnvelope| (envelope.job_id, envelope.tenant_id);
    assert_eq!(leased.iter().map(of).collect::<Vec<_>>(), [(first, theirs.tenant_id()), (second, ours.tenant_id())]);
    assert_eq!(lease(&world, 10).await, [(third, 1)]);
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
    assert_stale(unit.jobs().postpone(id, 1, now).await);
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

/// A failed attempt comes again at its time, and counts; one that is put off comes again and does not.
pub async fn a_failed_attempt_counts_and_a_postponed_one_does_not(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    lease(&world, 1).await;
    let again = world.deps.clock.now() + Duration::seconds(30);
    let unit = writer(&world, &owner).await;
    unit.jobs().fail(id, 1, "the mail server is away", world.deps.clock.now(), Some(again)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(lease(&world, 1).await, []);
    world.clock.set(again);
    assert_eq!(lease(&world, 1).await, [(id, 2)]);
    assert_eq!(find(&world, &owner, id).await.attempts, 2);
    let again = again + Duration::seconds(30);
    let unit = writer(&world, &owner).await;
    unit.jobs().postpone(id, 2, again).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(find(&world, &owner, id).await.attempts, 1);
    assert_eq!(lease(&world, 1).await, []);
    world.clock.set(again);
    assert_eq!(lease(&world, 1).await, [(id, 3)]);
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
#[derive(Default)]
struct Failing(Mutex<BTreeSet<(JobId, TenantId)>>);

#[async_trait]
impl JobHandler for Failing {
    fn kind(&self) -> &'static str {
        "a.job"
    }

    async fn run(&self, _: &Deps, scope: &JobScope, job: &Job) -> Result<(), JobError> {
        self.0.lock().unwrap().insert((job.id, scope.tenant_id()));
        Err(JobError::Payload("nothing"))
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
        let report = run_due(&world.deps, &[&failing], &WORKER).await.unwrap();
        assert_eq!(report, RunReport { failed: 2, ..RunReport::default() });
        assert_eq!(failing.0.into_inner().unwrap(), queued);
        world.clock.advance(Duration::HOUR);
    }
}

/// A job is read back as it was queued.
pub async fn a_job_is_read_back_as_it_was_queued(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    let payload = json!({ "thing_id": id });
    let expected = Job { id, kind: "a.job".into(), payload, status: JobStatus::Queued, attempts: 0, lease: 0 };
    assert_eq!(find(&world, &owner, id).await, expected);
}
