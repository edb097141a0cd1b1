use std::collections::BTreeMap;

use cotenant_domain::jobs::{Claim, JobEnvelope, Leased, Outcome, handlers, work};
use cotenant_domain::platform;
use cotenant_domain::tenancy::{Actor, MemberActor};
use cotenant_domain::tenants::TenantId;
use time::Duration;

use super::jobs::{LEASE, a_job, ask, claim, enqueue, find};
use super::{Kit, world, writer};
use crate::world::{WORKER, World};

/// Queues many jobs of one tenant at once.
async fn flood(world: &World, actor: &Actor, jobs: usize) {
    let unit = writer(world, actor).await;
    for _ in 0..jobs {
        assert!(unit.jobs().enqueue(a_job(world)).await.unwrap());
    }
    unit.commit().await.unwrap();
}

/// A tenant with a flood of jobs, and two others.
async fn town(world: &World) -> (MemberActor, Vec<MemberActor>) {
    let loud = world.owner().await;
    let mut quiet = Vec::new();
    for name in ["globex", "initech"] {
        quiet.push(world.tenant(name, &format!("boss@{name}.example")).await);
    }
    flood(world, &loud, 60).await;
    (loud, quiet)
}

/// How many jobs of each tenant were leased.
fn shares(leased: &[JobEnvelope]) -> BTreeMap<TenantId, usize> {
    leased.iter().fold(BTreeMap::new(), |mut shares, envelope| {
        *shares.entry(envelope.tenant_id).or_default() += 1;
        shares
    })
}

/// Whoever has one job is served in the same round as whoever has many, wherever the round begins.
pub async fn tenants_take_turns(kit: &dyn Kit) {
    let world = world(kit).await;
    let (loud, quiet) = town(&world).await;
    let everybody: Vec<_> = quiet.iter().map(|actor| actor.tenant_id()).chain([loud.tenant_id()]).collect();
    for after in everybody.iter().copied().map(Some).chain([None]) {
        for actor in &quiet {
            enqueue(&world, actor, Duration::ZERO).await;
        }
        let claim = Claim { turn: 3, ..ask(&world, 8) };
        let leased = world.deps.db.dispatcher().lease(&claim, after).await.unwrap();
        let expected = everybody.iter().map(|tenant| (*tenant, if *tenant == loud.tenant_id() { 3 } else { 1 }));
        assert_eq!(shares(&leased), expected.collect(), "after {after:?}");
        let mut round: Vec<_> = leased.iter().map(|envelope| envelope.tenant_id).collect();
        round.dedup();
        let mut expected = everybody.clone();
        expected.sort_by_key(|tenant| (after.is_some_and(|after| *tenant <= after), *tenant));
        assert_eq!(round, expected, "those after {after:?} first");
    }
    // Whose turn does not come in one claim has it in the next.
    for actor in &quiet {
        enqueue(&world, actor, Duration::ZERO).await;
    }
    let (mut after, mut served) = (None, Vec::new());
    for _ in 0..3 {
        let claim = Claim { turn: 3, ..ask(&world, 1) };
        let leased = world.deps.db.dispatcher().lease(&claim, after).await.unwrap();
        after = Some(leased[0].tenant_id);
        served.extend(after);
    }
    served.sort();
    let mut expected = everybody;
    expected.sort();
    assert_eq!(served, expected);
}

/// A tenant has no more jobs in hand than it may, with all workers together; an end and a lost lease make room.
pub async fn a_tenant_has_no_more_in_hand_than_it_may(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    flood(&world, &owner, 10).await;
    let four = || Claim { in_hand: 4, ..ask(&world, 3) };
    let first = claim(&world, four()).await;
    assert_eq!(first.len(), 3);
    assert_eq!(claim(&world, four()).await.len(), 1);
    assert_eq!(claim(&world, four()).await.len(), 0);
    let unit = writer(&world, &owner).await;
    unit.jobs().complete(first[0].job_id, first[0].lease, world.deps.clock.now()).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(claim(&world, four()).await.len(), 1);
    world.clock.advance(LEASE);
    assert_eq!(claim(&world, four()).await.len(), 3);
}

// Attacks: 12.
/// Jobs of a tenant that is not in use stay where they are, and are to be had as soon as it is in use again.
pub async fn jobs_of_tenants_that_are_not_in_use_are_passed_over(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let deps = &world.deps;
    let id = enqueue(&world, &theirs, Duration::ZERO).await;
    let reason = || "unpaid".parse().unwrap();
    platform::suspend(&world.operator().await, deps, theirs.tenant_id(), reason(), None).await.unwrap();
    let of_ours = enqueue(&world, &ours, Duration::ZERO).await;
    let leased = claim(&world, ask(&world, 10)).await;
    assert_eq!(leased.iter().map(|envelope| envelope.job_id).collect::<Vec<_>>(), [of_ours]);
    platform::reactivate(&world.operator().await, deps, theirs.tenant_id(), None).await.unwrap();
    let leased = claim(&world, ask(&world, 10)).await;
    assert_eq!(leased.iter().map(|envelope| envelope.job_id).collect::<Vec<_>>(), [id]);
    // Suspended between the lease and the attempt: the job goes back, and the attempt does not count.
    platform::suspend(&world.operator().await, deps, theirs.tenant_id(), reason(), None).await.unwrap();
    let outcome = work(deps, &handlers(), &WORKER, &Leased::Tenant(leased[0])).await;
    assert_eq!(outcome, Outcome::PutOff);
    let waits = find(&world, &theirs, id).await;
    assert_eq!((waits.attempts, waits.leased_until), (0, None));
    assert_eq!(deps.db.dispatcher().tenants_in_use(deps.clock.now(), None, 10).await.unwrap(), [ours.tenant_id()]);
}
