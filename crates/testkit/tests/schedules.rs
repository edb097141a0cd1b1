//! Schedules that queue a job in every tenant.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::jobs::{
    Attempt, Claim, Done, Handlers, JobDispatcher, JobError, JobHandler, JobKind, Leased, Outcome, broken_off,
    queue_scheduled, work,
};
use cotenant_domain::platform;
use cotenant_domain::shared::{Clock, RepositoryError};
use cotenant_domain::tenancy::{PlatformScope, Read, TenantScope, Write};
use cotenant_domain::tenants::TenantId;
use cotenant_domain::uow::{Database, PersonUnit, PlatformUnit, ReadUnit, WriteUnit};
use cotenant_testkit::World;
use cotenant_testkit::world::WORKER;
use time::{Duration, OffsetDateTime};
use tokio::task::unconstrained;

/// A job that a schedule queues in each tenant.
struct Nightly;

impl JobKind for Nightly {
    const NAME: &'static str = "a.nightly_job";
    type Payload = ();
}

#[async_trait]
impl JobHandler for Nightly {
    async fn run(&self, attempt: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        Ok(attempt.done())
    }
}

fn handlers() -> Handlers {
    Handlers::new().in_tenants(Nightly).each_tenant::<Nightly>("0 3 * * *").unwrap()
}

/// 221 tenants, which are three pages, and a schedule that has come up.
async fn town() -> World {
    let world = World::bootstrap().await;
    let operator = world.operator().await;
    for n in 0..220 {
        let new = platform::CreateTenant {
            name: format!("Tenant {n}").parse().unwrap(),
            slug: format!("tenant-{n}").parse().unwrap(),
            locale: None,
            owner_email: format!("boss@tenant-{n}.example").parse().unwrap(),
            expires_at: None,
        };
        platform::create(&operator, &world.deps, new).await.unwrap();
    }
    queue_scheduled(&world.deps, &handlers()).await.unwrap();
    world.clock.advance(Duration::DAY);
    assert_eq!(queue_scheduled(&world.deps, &handlers()).await.unwrap(), 1);
    world
}

/// One job that is due.
fn one(world: &World) -> Claim {
    let now = world.deps.clock.now();
    Claim { now, until: now + WORKER.lease, most: 1, turn: 1, in_hand: 1 }
}

/// The job for the next page of tenants.
async fn page(world: &World) -> Option<Leased> {
    let claimed = world.deps.db.dispatcher().lease_at_platform(&one(world)).await.unwrap();
    claimed.first().copied().map(Leased::Platform)
}

async fn try_it(deps: &Deps, page: &Leased) -> Outcome {
    work(deps, &handlers(), &WORKER, page).await
}

/// How many jobs wait in all tenants.
async fn waiting(world: &World) -> usize {
    let claim = Claim { most: 10_000, turn: 10_000, in_hand: 10_000, ..one(world) };
    let round = world.deps.db.dispatcher().lease(&claim, None).await.unwrap();
    let leased: Vec<_> = round.leased.iter().copied().map(Leased::Tenant).collect();
    world.deps.db.dispatcher().hand_back(&leased).await.unwrap();
    leased.len()
}

#[tokio::test]
async fn a_schedule_gets_through_any_number_of_tenants_though_each_page_is_broken_off() {
    let world = town().await;
    let ((mut pages, mut broken), others) = ((0, 0), waiting(&world).await);
    while let Some(page) = page(&world).await {
        // Each page but the first is broken off before its first attempt has begun.
        if pages > broken {
            broken_off(&world.deps, &handlers(), &WORKER, &page, "the attempt took too long").await;
            broken = pages;
            world.clock.advance(Duration::MINUTE);
            continue;
        }
        let before = waiting(&world).await;
        assert_eq!(try_it(&world.deps, &page).await, Outcome::Done);
        let queued = waiting(&world).await - before;
        assert!(queued <= 100, "{queued} in one job");
        pages += 1;
    }
    assert_eq!((pages, broken), (3, 2));
    assert_eq!(waiting(&world).await - others, 221, "one in each tenant");
}

/// A clock at which, as somebody looks at it for the first time, a lease runs out and another worker takes the job over.
struct Thief {
    world: World,
    came: AtomicBool,
    taken: Mutex<Option<Leased>>,
}

impl Clock for Thief {
    fn now(&self) -> OffsetDateTime {
        if !self.came.swap(true, Ordering::Relaxed) {
            self.world.clock.advance(WORKER.lease);
            let claim = one(&self.world);
            // In memory nothing is waited for.
            let claimed = pin!(unconstrained(self.world.deps.db.dispatcher().lease_at_platform(&claim)));
            if let Poll::Ready(claimed) = claimed.poll(&mut Context::from_waker(Waker::noop())) {
                *self.taken.lock().unwrap() = claimed.unwrap().first().copied().map(Leased::Platform);
            }
        }
        self.world.deps.clock.now()
    }
}

#[tokio::test]
async fn a_page_that_is_begun_again_after_it_has_queued_queues_nothing_twice() {
    let world = town().await;
    let (mut pages, others) = (0, waiting(&world).await);
    while let Some(first) = page(&world).await {
        let before = waiting(&world).await;
        let thief = Arc::new(Thief { world: world.clone(), came: AtomicBool::new(false), taken: Mutex::default() });
        let deps = Deps { clock: thief.clone(), ..world.deps.clone() };
        assert_eq!(try_it(&deps, &first).await, Outcome::Lost);
        let queued = waiting(&world).await - before;
        assert!(queued > 0, "it was interrupted after it had queued");
        let second = thief.taken.lock().unwrap().take().unwrap();
        assert_eq!(try_it(&world.deps, &second).await, Outcome::Done);
        assert_eq!(waiting(&world).await - before, queued);
        pages += 1;
    }
    assert_eq!((pages, waiting(&world).await - others), (3, 221));
}

/// A database in which one tenant cannot be written.
struct Spoilt {
    database: Arc<dyn Database>,
    tenant: TenantId,
}

#[async_trait]
impl Database for Spoilt {
    async fn read(&self, scope: &TenantScope<Read>) -> Result<Box<dyn ReadUnit>, RepositoryError> {
        self.database.read(scope).await
    }

    async fn write(&self, scope: &TenantScope<Write>) -> Result<Box<dyn WriteUnit>, RepositoryError> {
        if scope.tenant_id() == self.tenant {
            return Err(RepositoryError::Failed("a page of its index is broken".into()));
        }
        self.database.write(scope).await
    }

    async fn person(&self) -> Result<Box<dyn PersonUnit>, RepositoryError> {
        self.database.person().await
    }

    async fn platform(&self, scope: &PlatformScope) -> Result<Box<dyn PlatformUnit>, RepositoryError> {
        self.database.platform(scope).await
    }

    fn dispatcher(&self) -> &dyn JobDispatcher {
        self.database.dispatcher()
    }

    async fn ping(&self) -> Result<(), RepositoryError> {
        self.database.ping().await
    }
}

#[tokio::test]
async fn a_tenant_in_which_nothing_can_be_queued_keeps_no_other_waiting() {
    let world = town().await;
    let (others, tenant) = (waiting(&world).await, world.owner().await.tenant_id());
    let deps = Deps { db: Arc::new(Spoilt { database: world.deps.db.clone(), tenant }), ..world.deps.clone() };
    let first = page(&world).await.unwrap();
    assert_eq!(try_it(&deps, &first).await, Outcome::Failed);
    let mut pages = 0;
    while let Some(page) = page(&world).await {
        assert_eq!(try_it(&deps, &page).await, Outcome::Done);
        pages += 1;
    }
    assert_eq!((pages, waiting(&world).await - others), (2, 220), "all the others");
    world.clock.advance(Duration::MINUTE);
    let again = page(&world).await.unwrap();
    assert_eq!((again.job_id(), try_it(&world.deps, &again).await), (first.job_id(), Outcome::Done));
    assert_eq!((page(&world).await, waiting(&world).await - others), (None, 221), "no page is queued twice");
}
