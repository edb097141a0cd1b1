use cotenant_domain::jobs::{JOB_UNIQUE, JobFilter, JobId, JobStatus, Leased, NewJob};
use cotenant_domain::shared::{Direction, Limit, PageRequest};
use cotenant_domain::tenancy::Actor;
use time::Duration;

use super::jobs::{LEASE, a_job, ask, claim, enqueue, find, lease, queue};
use super::{Kit, assert_conflict, assert_stale, reader, world, writer};
use crate::world::World;

/// Ends a job under the number of its first lease: done, or given up.
async fn end(world: &World, actor: &Actor, id: JobId, status: JobStatus) {
    let (unit, now) = (writer(world, actor).await, world.deps.clock.now());
    let ended = match status {
        JobStatus::Done => unit.jobs().complete(id, 1, now).await,
        _ => unit.jobs().fail(id, 1, "hopeless", now, None).await,
    };
    ended.unwrap();
    unit.commit().await.unwrap();
}

/// Of several jobs of one kind for one thing, one waits or runs at a time; in another tenant, or once it has ended, there is
/// room for the next.
pub async fn a_job_for_one_thing_is_queued_once(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let about = a_job(&world).payload;
    let again = || {
        let mut job = a_job(&world);
        job.payload = about.clone();
        job.once()
    };
    let (first, second): (NewJob, NewJob) = (again(), again());
    let (id, unit, meanwhile) = (first.id, writer(&world, &ours).await, queue(&world, &ours, second));
    assert!(unit.jobs().enqueue(first).await.unwrap());
    let first_ends = async { unit.commit().await.unwrap() };
    let (second, ()) = tokio::join!(meanwhile, first_ends);
    assert!(!second, "it waits for the one before, and finds it");
    assert!(!queue(&world, &ours, again()).await);
    assert!(queue(&world, &ours, a_job(&world)).await, "without a key nothing is in its way");
    assert!(queue(&world, &theirs, again()).await, "another tenant's is another's");
    let leased = lease(&world, 10).await;
    assert!(leased.contains(&(id, 1)) && !queue(&world, &ours, again()).await, "it runs");
    end(&world, &ours, id, JobStatus::Dead).await;
    assert!(queue(&world, &ours, again()).await);
    let unit = writer(&world, &ours).await;
    assert_conflict(unit.jobs().requeue(id, world.deps.clock.now()).await, JOB_UNIQUE);
    drop(unit);
    let same_id = {
        let mut job = a_job(&world);
        job.id = id;
        job
    };
    assert!(!queue(&world, &ours, same_id).await, "an id is queued once");
}

// Attacks: 39.
/// What a worker did, and the end of its job, take effect together or not at all: who lost the lease undoes nothing and
/// leaves nothing.
pub async fn effects_and_end_of_a_job_are_one(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    assert_eq!(lease(&world, 1).await, [(id, 1)]);
    world.clock.advance(LEASE);
    assert_eq!(lease(&world, 1).await, [(id, 2)]);
    let codes = [("LATE", 1), ("HELD", 2)];
    for (code, number) in codes {
        let unit = writer(&world, &owner).await;
        unit.stores().insert(&world.new_store(owner.tenant_id(), code)).await.unwrap();
        let ended = unit.jobs().complete(id, number, world.deps.clock.now()).await;
        match ended {
            Err(error) => assert_stale::<()>(Err(error)),
            Ok(()) => unit.commit().await.unwrap(),
        }
    }
    let stores = reader(&world, &owner).await.stores().list(&Default::default(), &PageRequest::default()).await;
    let stores: Vec<_> = stores.unwrap().items.iter().map(|store| store.code.to_string()).collect();
    assert_eq!(stores, ["HELD"]);
}

// Attacks: 39.
/// A job whose kind is unknown is put off by who holds its lease: its attempt does not count, and since when it is unknown is
/// kept until an attempt fails or it is queued again.
pub async fn a_job_is_put_off_without_counting_the_attempt(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let id = enqueue(&world, &owner, Duration::ZERO).await;
    assert_eq!(lease(&world, 1).await, [(id, 1)]);
    let since = world.deps.clock.now();
    let again = since + Duration::MINUTE;
    assert_stale(writer(&world, &owner).await.jobs().put_off(id, 2, "unknown", since, again).await);
    let unit = writer(&world, &owner).await;
    unit.jobs().put_off(id, 1, "unknown", since, again).await.unwrap();
    unit.commit().await.unwrap();
    let waits = find(&world, &owner, id).await;
    assert_eq!((waits.status, waits.attempts, waits.leased_until), (JobStatus::Queued, 0, None));
    assert_eq!((waits.run_at, waits.unknown_since, waits.last_error.as_deref()), (again, Some(since), Some("unknown")));
    assert_eq!(lease(&world, 1).await, []);
    world.clock.advance(Duration::MINUTE);
    assert_eq!(lease(&world, 1).await, [(id, 2)]);
    assert_eq!(find(&world, &owner, id).await.unknown_since, Some(since));
    let (unit, now) = (writer(&world, &owner).await, world.deps.clock.now());
    unit.jobs().fail(id, 2, "known, and failed", now, Some(now)).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(find(&world, &owner, id).await.unknown_since, None);
}

// Attacks: 39.
/// A lease is prolonged by who holds it, and by nobody who lost it or ended the job.
pub async fn a_lease_is_prolonged_by_its_holder_alone(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let dispatcher = world.deps.db.dispatcher();
    let (kept, lost) = (enqueue(&world, &owner, Duration::ZERO).await, enqueue(&world, &owner, Duration::ZERO).await);
    let mut held: Vec<_> = claim(&world, ask(&world, 2)).await.into_iter().map(Leased::Tenant).collect();
    held.sort_by_key(|leased| leased.job_id() != kept);
    world.clock.advance(LEASE - Duration::MICROSECOND);
    let until = world.deps.clock.now() + LEASE;
    assert_eq!(dispatcher.renew(&held[..1], until).await.unwrap(), held[..1]);
    world.clock.advance(Duration::MICROSECOND);
    assert_eq!(lease(&world, 2).await, [(lost, 2)]);
    assert_eq!(dispatcher.renew(&held, until).await.unwrap(), held[..1]);
    assert_eq!(find(&world, &owner, kept).await.leased_until, Some(until));
    end(&world, &owner, kept, JobStatus::Done).await;
    assert_eq!(dispatcher.renew(&held, until).await.unwrap(), []);
}

/// A job that was given up is queued again as if it had never been begun; any other is left as it is.
pub async fn a_job_that_was_given_up_is_queued_again(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let (dead, done) = (enqueue(&world, &ours, Duration::ZERO).await, enqueue(&world, &ours, Duration::ZERO).await);
    let queued = enqueue(&world, &ours, Duration::HOUR).await;
    assert_eq!(lease(&world, 10).await.len(), 2);
    end(&world, &ours, dead, JobStatus::Dead).await;
    end(&world, &ours, done, JobStatus::Done).await;
    let now = world.deps.clock.now();
    for (actor, id) in [(&ours, done), (&ours, queued), (&theirs, dead)] {
        assert_stale(writer(&world, actor).await.jobs().requeue(id, now).await);
    }
    world.clock.advance(Duration::SECOND);
    let (unit, now) = (writer(&world, &ours).await, world.deps.clock.now());
    unit.jobs().requeue(dead, now).await.unwrap();
    unit.commit().await.unwrap();
    let job = find(&world, &ours, dead).await;
    assert_eq!((job.status, job.attempts, job.run_at, job.finished_at), (JobStatus::Queued, 0, now, None));
    assert_eq!(job.last_error.as_deref(), Some("hopeless"), "why it was given up is still told");
    assert_eq!(lease(&world, 10).await, [(dead, 2)], "the number of its lease goes on");
}

/// What was done long enough ago is deleted for good, some at a time; what waits, or was given up by then, stays.
pub async fn jobs_that_are_done_are_purged_and_no_others(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.work().await;
    world.clock.advance(Duration::HOUR);
    let before = world.deps.clock.now();
    world.deps.db.dispatcher().purge(JobStatus::Done, before, 100).await.unwrap();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(enqueue(&world, &owner, Duration::ZERO).await);
    }
    let waiting = enqueue(&world, &owner, Duration::HOUR).await;
    lease(&world, 10).await;
    end(&world, &owner, ids[0], JobStatus::Dead).await;
    for id in &ids[1..4] {
        end(&world, &owner, *id, JobStatus::Done).await;
    }
    let ended = world.deps.clock.now();
    world.clock.advance(Duration::SECOND);
    end(&world, &owner, ids[4], JobStatus::Done).await;
    let purge = async |before| world.deps.db.dispatcher().purge(JobStatus::Done, before, 2).await.unwrap();
    assert_eq!(purge(ended).await, 0);
    let old = ended + Duration::MICROSECOND;
    assert_eq!((purge(old).await, purge(old).await, purge(old).await), (2, 1, 0));
    let page = reader(&world, &owner).await.jobs().list(&JobFilter::default(), &PageRequest::default()).await.unwrap();
    let mut left: Vec<_> = page.items.iter().map(|job| job.id).collect();
    left.sort();
    assert_eq!(
        left,
        [ids[0], ids[4], waiting]
            .into_iter()
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

/// What was given up long enough ago is deleted for good as well, by an age of its own; nobody deletes what waits or runs.
pub async fn jobs_that_were_given_up_are_purged_in_their_own_time(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.work().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(enqueue(&world, &owner, Duration::ZERO).await);
    }
    lease(&world, 4).await;
    for (id, status) in [(ids[0], JobStatus::Dead), (ids[1], JobStatus::Dead), (ids[2], JobStatus::Done)] {
        end(&world, &owner, id, status).await;
    }
    let waiting = enqueue(&world, &owner, Duration::HOUR).await;
    let ended = world.deps.clock.now();
    let purge = async |status, before| world.deps.db.dispatcher().purge(status, before, 1).await.unwrap();
    assert_eq!(purge(JobStatus::Dead, ended).await, 0);
    let old = ended + Duration::MICROSECOND;
    assert_eq!(purge(JobStatus::Queued, old + Duration::DAY).await, 0, "it has not ended");
    let dead =
        [purge(JobStatus::Dead, old).await, purge(JobStatus::Dead, old).await, purge(JobStatus::Dead, old).await];
    assert_eq!(dead, [1, 1, 0]);
    let unit = reader(&world, &owner).await;
    for (id, stays) in [(ids[0], false), (ids[1], false), (ids[2], true), (ids[3], true), (waiting, true)] {
        assert_eq!(unit.jobs().find(id).await.unwrap().is_some(), stays);
    }
}

/// A list shows the tenant's own jobs, those of a status or a kind where it is asked for them, page by page both ways.
pub async fn jobs_are_listed_by_tenant_status_and_kind(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(enqueue(&world, &ours, Duration::ZERO).await);
    }
    ids.sort();
    enqueue(&world, &theirs, Duration::ZERO).await;
    lease(&world, 10).await;
    end(&world, &ours, ids[0], JobStatus::Dead).await;
    end(&world, &ours, ids[1], JobStatus::Done).await;
    let unit = reader(&world, &ours).await;
    let shown = async |status, kind: Option<&str>| {
        let filter = JobFilter { status, kind: kind.map(Into::into) };
        let page = unit.jobs().list(&filter, &PageRequest::default()).await.unwrap();
        page.items.iter().map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(shown(None, None).await, ids);
    assert_eq!(shown(Some(JobStatus::Dead), None).await, ids[..1]);
    assert_eq!(shown(Some(JobStatus::Done), Some("a.job")).await, ids[1..2]);
    assert_eq!(shown(Some(JobStatus::Queued), None).await, ids[2..]);
    assert_eq!(shown(None, Some("another.job")).await, []);
    for direction in [Direction::Ascending, Direction::Descending] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = PageRequest { limit: Limit::nearest(2), sort: (), direction, after };
            let page = unit.jobs().list(&JobFilter::default(), &page).await.unwrap();
            seen.extend(page.items.iter().map(|job| job.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if direction == Direction::Descending {
            seen.reverse();
        }
        assert_eq!(seen, ids, "{direction:?}");
    }
}
