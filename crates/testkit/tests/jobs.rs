//! The worker's step.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use cotenant_domain::invitations::{InvitationToSend, SendInvitation};
use cotenant_domain::jobs::{
    self, Attempt, Done, Handlers, JobError, JobFilter, JobHandler, JobId, JobKind, JobRecord, JobStatus, JobsError,
    ListJobs, NewJob, Outcome, Pauses, RunReport, broken_off, claim, handlers, run_due,
};
use cotenant_domain::mail::Locale;
use cotenant_domain::platform;
use cotenant_domain::shared::Fault;
use cotenant_domain::tenancy::{Actor, StoresCreate};
use cotenant_domain::tenants::{self, ChangeTenant};
use cotenant_testkit::World;
use cotenant_testkit::world::WORKER;
use time::Duration;

const NEW: &str = "asha@duka.example";

#[tokio::test]
async fn an_invitation_goes_out_once() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    assert_eq!(world.work().await, RunReport::default());
    assert_eq!(world.mailer.sent().len(), 1);
}

#[tokio::test]
async fn a_failed_attempt_is_repeated_and_its_new_token_is_the_one_that_counts() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    world.mailer.set_away(true);
    assert_eq!(world.work().await, RunReport { failed: 1, ..RunReport::default() });
    assert_eq!(world.work().await, RunReport::default(), "not before its time");
    world.mailer.set_away(false);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    world.accept_as_new(NEW).await;
}

#[tokio::test]
async fn a_job_is_given_up_after_its_last_attempt_and_can_be_queued_again() {
    let world = World::bootstrap().await;
    let (owner, deps) = (world.owner().await, &world.deps);
    world.invite(&owner, NEW, &[], &[]).await;
    world.mailer.set_away(true);
    let mut reports = Vec::new();
    for _ in 0..=WORKER.max_attempts {
        reports.push(world.work().await);
        world.clock.advance(Duration::hours(2));
    }
    let failed = RunReport { failed: 1, ..RunReport::default() };
    assert_eq!(reports, [failed, failed, RunReport { dead: 1, ..RunReport::default() }, RunReport::default()]);
    let owner = world.owner().await;
    let dead = jobs_of(&world, &owner, Some(JobStatus::Dead)).await.remove(0);
    assert_eq!(dead.last_error.as_deref(), Some("the message could not be sent"));
    let queued = jobs::requeue(&owner, deps, dead.id).await.unwrap();
    assert_eq!((queued.status, queued.attempts, queued.finished_at), (JobStatus::Queued, 0, None));
    let again = jobs::requeue(&owner, deps, dead.id).await.unwrap_err();
    assert!(matches!(again, JobsError::NotDead) && again.code() == "job_not_dead", "{again:?}");
    let unknown = jobs::requeue(&owner, deps, JobId::new(deps.ids.next())).await.unwrap_err();
    assert!(matches!(unknown, JobsError::NotFound), "{unknown:?}");
    world.mailer.set_away(false);
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    world.accept_as_new(NEW).await;
}

#[tokio::test]
async fn a_message_that_is_refused_for_good_is_given_up_at_once() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    world.mailer.set_refuses(true);
    assert_eq!(world.work().await, RunReport { dead: 1, ..RunReport::default() });
    let owner = world.owner().await;
    let dead = jobs_of(&world, &owner, Some(JobStatus::Dead)).await.remove(0);
    assert_eq!((dead.last_error.as_deref(), dead.attempts), (Some("the message was refused for good"), 1));
}

#[tokio::test]
async fn an_invitation_is_written_in_the_tenants_name_and_language() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let change = ChangeTenant { locale: Some(Some(Locale::Swahili)), ..ChangeTenant::default() };
    let tenant = tenants::change(&owner, &world.deps, change).await.unwrap();
    world.invite(&owner, NEW, &[], &[]).await;
    world.work().await;
    let message = world.mailer.sent().remove(0);
    assert_eq!((message.speaker, message.locale), (Some(tenant.name), Some(Locale::Swahili)));
    let change = ChangeTenant { locale: Some(None), ..ChangeTenant::default() };
    assert_eq!(tenants::change(&owner, &world.deps, change).await.unwrap().locale, None);
}

async fn jobs_of(world: &World, actor: &Actor, status: Option<JobStatus>) -> Vec<JobRecord> {
    let query = ListJobs { filter: JobFilter { status, kind: None }, ..ListJobs::default() };
    jobs::list(actor, &world.deps, query).await.unwrap().items
}

// Attacks: 12.
#[tokio::test]
async fn the_jobs_of_a_suspended_tenant_wait_without_losing_attempts() {
    let world = World::bootstrap().await;
    let (owner, operator, deps) = (world.owner().await, world.operator().await, &world.deps);
    world.invite(&owner, NEW, &[], &[]).await;
    platform::suspend(&operator, deps, owner.tenant_id(), "unpaid".parse().unwrap(), None).await.unwrap();
    for _ in 0..5 {
        assert_eq!(world.work().await, RunReport::default());
        world.clock.advance(Duration::hours(1));
    }
    assert!(world.mailer.sent().is_empty());
    let operator = world.operator().await;
    platform::reactivate(&operator, deps, owner.tenant_id(), None).await.unwrap();
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    let owner = world.owner().await;
    let job = jobs_of(&world, &owner, None).await.remove(0);
    assert_eq!((job.status, job.attempts), (JobStatus::Done, 1));
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_given_up_and_stops_no_other() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    let report = run_due(&world.deps, &Handlers::new(), &WORKER).await.unwrap();
    assert_eq!(report, RunReport { dead: 1, ..RunReport::default() });
}

#[tokio::test]
async fn workers_side_by_side_do_each_job_once() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    for n in 0..20 {
        world.invite(&owner, &format!("new{n}@duka.example"), &[], &[]).await;
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.work().await.done })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!((done, world.mailer.sent().len()), (20, 20));
}

/// Opens a store in the unit of its end, and lets the lease run out before that the first time.
#[derive(Clone)]
struct Slow {
    world: World,
    begun: Arc<AtomicU32>,
}

impl JobKind for Slow {
    const NAME: &'static str = SendInvitation::NAME;
    type Payload = InvitationToSend;
}

#[async_trait]
impl JobHandler for Slow {
    async fn run(&self, attempt: &Attempt<'_>, _: InvitationToSend) -> Result<Done, JobError> {
        let first = self.begun.fetch_add(1, Ordering::Relaxed) == 0;
        if first {
            self.world.clock.advance(WORKER.lease);
            let handlers = Handlers::new().in_tenants(self.clone());
            let other = run_due(&self.world.deps, &handlers, &WORKER).await?;
            assert_eq!(other, RunReport { done: 1, ..RunReport::default() });
        }
        let unit = attempt.write().await?;
        let code = format!("S{}", attempt.number());
        unit.stores().insert(&self.world.new_store(attempt.tenant_id(), &code)).await?;
        attempt.finish(unit).await
    }
}

// Attacks: 39.
#[tokio::test]
async fn who_lost_the_lease_leaves_the_job_to_who_took_it_over_and_no_effect_behind() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.invite(&owner, NEW, &[], &[]).await;
    let slow = Slow { world: world.clone(), begun: Arc::default() };
    let report = run_due(&world.deps, &Handlers::new().in_tenants(slow.clone()), &WORKER).await.unwrap();
    assert_eq!(report, RunReport { lost: 1, ..RunReport::default() });
    assert_eq!(slow.begun.load(Ordering::Relaxed), 2);
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    let stores = unit.stores().list(&Default::default(), &Default::default()).await.unwrap().items;
    assert_eq!(stores.iter().map(|store| store.code.to_string()).collect::<Vec<_>>(), ["S2"]);
}

/// Fails, with rules of its own.
struct Stubborn;

impl JobKind for Stubborn {
    const NAME: &'static str = "a.stubborn_job";
    const ATTEMPTS: Option<u32> = Some(2);
    const PAUSES: Pauses = Pauses { first: Duration::SECOND, longest: Duration::SECOND };
    type Payload = ();
}

#[async_trait]
impl JobHandler for Stubborn {
    async fn run(&self, _: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        Err(JobError::Failed { what: "it never works", source: "a cause that is not stored".into() })
    }
}

#[tokio::test]
async fn a_kind_has_attempts_and_pauses_of_its_own() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    let job = NewJob::of::<Stubborn>(JobId::new(world.deps.ids.next()), &(), world.deps.clock.now());
    let id = job.id;
    assert!(unit.jobs().enqueue(job).await.unwrap());
    unit.commit().await.unwrap();
    let handlers = Handlers::new().in_tenants(Stubborn);
    let work = async || run_due(&world.deps, &handlers, &WORKER).await.unwrap();
    assert_eq!(work().await, RunReport { failed: 1, ..RunReport::default() });
    assert_eq!(work().await, RunReport::default());
    world.clock.advance(Duration::SECOND);
    assert_eq!(work().await, RunReport { dead: 1, ..RunReport::default() });
    let job = jobs_of(&world, &owner, None).await.remove(0);
    assert_eq!((job.id, job.attempts, job.last_error.as_deref()), (id, 2, Some("it never works")));
}

#[tokio::test]
async fn an_attempt_that_was_broken_off_has_failed() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.invite(&owner, NEW, &[], &[]).await;
    let leased = claim(&world.deps, &WORKER, &mut None).await.unwrap();
    let outcome = broken_off(&world.deps, &handlers(), &WORKER, &leased[0], "the attempt took too long").await;
    assert_eq!(outcome, Outcome::Failed);
    let job = jobs_of(&world, &owner, None).await.remove(0);
    assert_eq!((job.attempts, job.last_error.as_deref()), (1, Some("the attempt took too long")));
    assert!(job.run_at > world.deps.clock.now() && job.leased_until.is_none());
    let again = broken_off(&world.deps, &handlers(), &WORKER, &leased[0], "late").await;
    assert_eq!(again, Outcome::Lost, "its lease has ended with it");
}
