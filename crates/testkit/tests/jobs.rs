//! The worker's step.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::invitations::SendInvitation;
use cotenant_domain::jobs::{Job, JobError, JobHandler, JobScope, RunReport, run_due};
use cotenant_domain::platform;
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
async fn a_job_is_given_up_after_its_last_attempt() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    world.mailer.set_away(true);
    let mut reports = Vec::new();
    for _ in 0..=WORKER.max_attempts {
        reports.push(world.work().await);
        world.clock.advance(Duration::hours(2));
    }
    let failed = RunReport { failed: 1, ..RunReport::default() };
    assert_eq!(reports, [failed, failed, RunReport { dead: 1, ..RunReport::default() }, RunReport::default()]);
}

// Attacks: 12.
#[tokio::test]
async fn the_jobs_of_a_suspended_tenant_wait_without_losing_attempts() {
    let world = World::bootstrap().await;
    let (owner, operator, deps) = (world.owner().await, world.operator().await, &world.deps);
    world.invite(&owner, NEW, &[], &[]).await;
    platform::suspend(&operator, deps, owner.tenant_id(), "unpaid".parse().unwrap(), None).await.unwrap();
    for _ in 0..5 {
        assert_eq!(world.work().await, RunReport { put_off: 1, ..RunReport::default() });
        world.clock.advance(Duration::hours(1));
    }
    assert!(world.mailer.sent().is_empty());
    let operator = world.operator().await;
    platform::reactivate(&operator, deps, owner.tenant_id(), None).await.unwrap();
    assert_eq!(world.work().await, RunReport { done: 1, ..RunReport::default() });
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_given_up_and_stops_no_other() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    let report = run_due(&world.deps, &[], &WORKER).await.unwrap();
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

/// Does nothing, and lets the lease run out meanwhile the first time.
struct Slow<'a> {
    world: &'a World,
    begun: AtomicU32,
}

#[async_trait]
impl JobHandler for Slow<'_> {
    fn kind(&self) -> &'static str {
        SendInvitation.kind()
    }

    async fn run(&self, deps: &Deps, _: &JobScope, _: &Job) -> Result<(), JobError> {
        if self.begun.fetch_add(1, Ordering::Relaxed) == 0 {
            self.world.clock.advance(WORKER.lease);
            let other = run_due(deps, &[self], &WORKER).await?;
            assert_eq!(other, RunReport { done: 1, ..RunReport::default() });
        }
        Ok(())
    }
}

#[tokio::test]
async fn who_lost_the_lease_leaves_the_job_to_who_took_it_over() {
    let world = World::bootstrap().await;
    world.invite(&world.owner().await, NEW, &[], &[]).await;
    let slow = Slow { world: &world, begun: AtomicU32::new(0) };
    let report = run_due(&world.deps, &[&slow], &WORKER).await.unwrap();
    assert_eq!(report, RunReport { lost: 1, ..RunReport::default() });
    assert_eq!(slow.begun.load(Ordering::Relaxed), 2);
}
