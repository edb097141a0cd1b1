//! The worker's step.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use cotenant_domain::invitations::{InvitationToSend, SendInvitation};
use cotenant_domain::jobs::{
    self, Attempt, Done, Handlers, JobError, JobFilter, JobHandler, JobId, JobKind, JobRecord, JobStatus, JobsError,
    Leased, ListJobs, NewJob, Outcome, Pauses, RunReport, Turn, WorkerSettings, broken_off, claim, handlers, run_due,
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
async fn a_job_that_a_worker_does_not_know_waits_for_one_that_does() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    let old = async || run_due(&world.deps, &Handlers::new(), &WORKER).await.unwrap();
    for _ in 0..=WORKER.max_attempts {
        assert_eq!(old().await, RunReport { put_off: 1, ..RunReport::default() });
        assert_eq!(old().await, RunReport::default(), "not before its time");
        world.clock.advance(Duration::seconds(10));
    }
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
    let owner = world.owner().await;
    let done = jobs_of(&world, &owner, None).await.remove(0);
    assert_eq!((done.status, done.attempts), (JobStatus::Done, 1), "what others did not know was no attempt");
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_given_up_after_a_day_of_meeting_nobody_who_does() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.invite(&owner, NEW, &[], &[]).await;
    // It waited for long, and for another reason: that is no day of being unknown.
    world.clock.advance(Duration::days(3));
    let old = async || run_due(&world.deps, &Handlers::new(), &WORKER).await.unwrap();
    let (first_met, mut put_off) = (world.deps.clock.now(), 0);
    let dead = loop {
        let report = old().await;
        put_off += report.put_off;
        if report.dead > 0 {
            break report;
        }
        world.clock.advance(Duration::minutes(1));
    };
    assert_eq!(dead, RunReport { dead: 1, ..RunReport::default() });
    let unknown_for = world.deps.clock.now() - first_met;
    assert!(unknown_for >= Duration::DAY && unknown_for <= Duration::hours(25), "{unknown_for}");
    assert!(put_off < 130, "met {put_off} times: the pause grows");
    let owner = world.owner().await;
    let job = jobs_of(&world, &owner, Some(JobStatus::Dead)).await.remove(0);
    assert_eq!(job.last_error.as_deref(), Some("no handler knows this kind of job"));
    jobs::requeue(&owner, &world.deps, job.id).await.unwrap();
    assert_eq!(old().await, RunReport { put_off: 1, ..RunReport::default() }, "queued again, its day begins anew");
}

#[tokio::test]
async fn time_in_which_nobody_could_meet_a_job_is_no_time_of_being_unknown() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.invite(&owner, NEW, &[], &[]).await;
    let old = async || run_due(&world.deps, &Handlers::new(), &WORKER).await.unwrap();
    let put_off = RunReport { put_off: 1, ..RunReport::default() };
    assert_eq!(old().await, put_off);
    let (operator, tenant) = (world.operator().await, owner.tenant_id());
    platform::suspend(&operator, &world.deps, tenant, "unpaid".parse().unwrap(), None).await.unwrap();
    world.clock.advance(Duration::days(3));
    assert_eq!(old().await, RunReport::default());
    platform::reactivate(&world.operator().await, &world.deps, tenant, None).await.unwrap();
    assert_eq!(old().await, put_off, "its day begins anew");
}

/// A job whose payload is another kind's.
struct Misread;

impl JobKind for Misread {
    const NAME: &'static str = SendInvitation::NAME;
    type Payload = Misfit;
}

cotenant_domain::payload! {
    /// What no invitation's job has.
    struct Misfit {
        /// Some store.
        store_id: cotenant_domain::stores::StoreId,
    }
}

#[async_trait]
impl JobHandler for Misread {
    async fn run(&self, attempt: &Attempt<'_>, _: Misfit) -> Result<Done, JobError> {
        Ok(attempt.done())
    }
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_given_up_at_once() {
    let world = World::bootstrap().await;
    let owner = world.owner().await;
    world.invite(&owner, NEW, &[], &[]).await;
    let report = run_due(&world.deps, &Handlers::new().in_tenants(Misread), &WORKER).await.unwrap();
    assert_eq!(report, RunReport { dead: 1, ..RunReport::default() });
    let dead = jobs_of(&world, &owner, Some(JobStatus::Dead)).await.remove(0);
    assert_eq!((dead.attempts, dead.last_error.as_deref()), (1, Some("the payload has no valid `store_id`")));
}

/// A worker with so many hands, which a tenant's jobs may fill.
fn with_hands(hands: u32) -> WorkerSettings {
    WorkerSettings { hands, turn: hands.div_ceil(4), in_hand: hands, ..WORKER }
}

/// A flood at the platform, and one in the first tenant; the operator's and the owner's jobs.
async fn two_floods(world: &World) {
    let (owner, operator) = (world.owner().await, world.operator().await);
    let job = || NewJob::of::<Stubborn>(JobId::new(world.deps.ids.next()), &(), world.deps.clock.now());
    let platform = world.deps.db.platform(&operator.platform()).await.unwrap();
    for _ in 0..100 {
        assert!(platform.jobs().enqueue(job()).await.unwrap());
    }
    platform.commit().await.unwrap();
    let tenant = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    for _ in 0..100 {
        assert!(tenant.jobs().enqueue(job()).await.unwrap());
    }
    tenant.commit().await.unwrap();
}

fn at_platform(leased: &[Leased]) -> usize {
    leased.iter().filter(|leased| leased.tenant_id().is_none()).count()
}

#[tokio::test]
async fn a_flood_at_the_platform_leaves_hands_to_tenants_however_few_there_are() {
    for hands in [1, 2, 3, 8] {
        let world = World::bootstrap().await;
        two_floods(&world).await;
        let (settings, mut turn, mut begun) = (with_hands(hands), Turn::default(), Vec::new());
        // Whatever is begun is never done: what is in hand stays there until it is let go below.
        let mut held: Vec<Leased> = Vec::new();
        for _ in 0..4 * hands {
            let leased = claim(&world.deps, &settings, &held, &mut turn).await.unwrap();
            begun.extend(leased.iter().copied());
            held.extend(leased);
            assert!(held.len() <= hands as usize);
            assert!(at_platform(&held) <= (hands as usize / 2).max(1), "{hands} hands: {held:?}");
            // One hand comes free, of a tenant where there is one: the platform's jobs are the slow ones.
            let quick = held.iter().position(|leased| leased.tenant_id().is_some()).unwrap_or(0);
            let gone = held.remove(quick);
            world.deps.db.dispatcher().hand_back(&[gone]).await.unwrap();
        }
        let of_tenants = begun.len() - at_platform(&begun);
        assert!(
            at_platform(&begun) > 0 && of_tenants >= begun.len() / 3,
            "{hands} hands: {of_tenants} of {}",
            begun.len()
        );
    }
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
    let leased = claim(&world.deps, &WORKER, &[], &mut Turn::default()).await.unwrap();
    let outcome = broken_off(&world.deps, &handlers(), &WORKER, &leased[0], "the attempt took too long").await;
    assert_eq!(outcome, Outcome::Failed);
    let job = jobs_of(&world, &owner, None).await.remove(0);
    assert_eq!((job.attempts, job.last_error.as_deref()), (1, Some("the attempt took too long")));
    assert!(job.run_at > world.deps.clock.now() && job.leased_until.is_none());
    let again = broken_off(&world.deps, &handlers(), &WORKER, &leased[0], "late").await;
    assert_eq!(again, Outcome::Lost, "its lease has ended with it");
}
