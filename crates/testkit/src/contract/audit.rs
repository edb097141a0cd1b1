use cotenant_domain::audit::{ActorKind, AuditEvent, AuditFilter, ChainHash, NewAudit, Object};
use cotenant_domain::shared::{Limit, PageRequest};
use cotenant_domain::stores::{self, OpenStore};
use cotenant_domain::tenancy::{Actor, Origin, StoresCreate};
use serde_json::json;
use time::Duration;

use super::{Kit, reader, world, writer};
use crate::world::{FIRST_TENANT, OPERATOR, World};

async fn log(world: &World, actor: &Actor, filter: AuditFilter) -> Vec<AuditEvent> {
    let page = PageRequest { limit: Limit::nearest(100), ..PageRequest::default() };
    reader(world, actor).await.audit().list(&filter, &page).await.unwrap().items
}

fn event(world: &World, action: &'static str) -> NewAudit {
    let object = Object { kind: "thing", id: world.deps.ids.next() };
    NewAudit { id: world.deps.ids.next(), at: world.deps.clock.now(), action, object, detail: json!({}) }
}

/// Each tenant's log counts from 1 without gaps, whatever other tenants record, and what was dropped leaves none.
pub async fn the_log_has_no_gaps_in_any_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    for round in 0..3 {
        for owner in [&ours, &theirs] {
            let unit = writer(&world, owner).await;
            unit.audit().record(event(&world, "thing.done")).await.unwrap();
            unit.audit().record(event(&world, "thing.done")).await.unwrap();
            if round == 1 { drop(unit) } else { unit.commit().await.unwrap() }
        }
    }
    for owner in [&ours, &theirs] {
        let events = log(&world, owner, AuditFilter::default()).await;
        let expected: Vec<_> = (1..=i64::try_from(events.len()).unwrap()).collect();
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), expected);
        assert_eq!(events.iter().filter(|event| event.action == "thing.done").count(), 4);
    }
}

/// Acts of one tenant at the same time take places one after the other, none twice and none left out.
pub async fn acts_at_the_same_time_leave_no_gap(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let open = async |code: &str| {
        let cmd = OpenStore {
            id: None,
            name: code.parse().unwrap(),
            code: code.parse().unwrap(),
            timezone: "Africa/Nairobi".parse().unwrap(),
            currency: "KES".parse().unwrap(),
            is_active: true,
        };
        stores::open(&owner, &world.deps, cmd).await.unwrap();
    };
    tokio::join!(open("A"), open("B"), open("C"), open("D"), open("E"), open("F"));
    let events = log(&world, &owner, AuditFilter::default()).await;
    let expected: Vec<_> = (1..=i64::try_from(events.len()).unwrap()).collect();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), expected);
    assert_eq!(events.iter().filter(|event| event.action == "store.opened").count(), 6);
    is_a_chain(&owner, &events);
}

/// Asserts that each event is chained to the one before, from what was read of it.
fn is_a_chain(owner: &Actor, events: &[AuditEvent]) {
    let mut previous = None;
    for event in events {
        previous = Some(ChainHash::link(owner.tenant_id(), previous, event).unwrap());
        assert_eq!(event.hash, previous, "{event:?}");
    }
}

/// Each tenant's log is one chain from its own genesis, whatever other tenants record and whatever was dropped; several
/// events of one unit are links like any other.
pub async fn the_log_is_a_chain_in_each_tenant(kit: &dyn Kit) {
    let world = world(kit).await;
    let (ours, theirs) = (world.owner().await, world.tenant("globex", "boss@globex.example").await);
    for round in 0..4 {
        for owner in [&ours, &theirs] {
            let unit = writer(&world, owner).await;
            for _ in 0..=round {
                unit.audit().record(event(&world, "thing.done")).await.unwrap();
            }
            if round % 2 == 1 { drop(unit) } else { unit.commit().await.unwrap() }
        }
    }
    for owner in [&ours, &theirs] {
        let events = log(&world, owner, AuditFilter::default()).await;
        assert_eq!(events.iter().filter(|event| event.action == "thing.done").count(), 4);
        is_a_chain(owner, &events);
    }
}

/// Whatever the particulars hold, what is read again gives the hash that was made when it was recorded.
pub async fn what_is_hashed_is_what_is_read_again(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let hard = [
        json!(null),
        json!([]),
        json!({ "b": 1, "a": { "d": [], "c": {} }, "": "", "é": 1, "e\u{301}": 2, "\u{fb33}": 3, "\u{1f600}": 4 }),
        json!([i64::MIN, i64::MAX, u64::MAX, 0, -1, 9_007_199_254_740_993_i64, true, false]),
        json!("\u{0}\u{1}\u{8}\t\n\u{b}\u{c}\r\u{1f}\"\\/\u{7f}\u{80}\u{2028}\u{2029}\u{feff}\u{fffd}\u{10ffff}"),
        json!("' OR 1=1; -- $1 ? :name \\u0041 =cmd()"),
    ];
    for detail in hard {
        let unit = writer(&world, &owner).await;
        let hard = NewAudit { detail, ..event(&world, "thing.done") };
        unit.audit().record(hard).await.unwrap();
        unit.commit().await.unwrap();
        world.clock.advance(Duration::microseconds(100_001));
    }
    is_a_chain(&owner, &log(&world, &owner, AuditFilter::default()).await);
}

/// A number that databases write in several ways is refused, and leaves no gap.
pub async fn what_has_no_canonical_text_is_not_recorded(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    let before = log(&world, &owner, AuditFilter::default()).await;
    let unit = writer(&world, &owner).await;
    let wrong = NewAudit { detail: json!({ "share": 0.1 }), ..event(&world, "thing.done") };
    unit.audit().record(wrong).await.unwrap_err();
    drop(unit);
    assert_eq!(log(&world, &owner, AuditFilter::default()).await, before);
}

/// An event says who did it and from where as the scope does, and everything else as it was recorded.
pub async fn an_event_is_read_back_as_it_was_recorded(kit: &dyn Kit) {
    let world = world(kit).await;
    let token = world.sign_in(OPERATOR, FIRST_TENANT).await.access_token;
    let origin = Origin {
        request_id: Some("req-1".into()),
        address: Some("2001:db8::1".into()),
        agent: Some("Ünïcode/1.0 'quoted'".into()),
    };
    let deps = &world.deps;
    let owner = world.bearer_from(&token, origin.clone()).await.unwrap().member().unwrap();
    world.clock.advance(Duration::microseconds(123_456));
    let mut recorded = event(&world, "thing.done");
    recorded.detail =
        json!({ "name": ["Écurie \u{1F40E}", null], "nested": { "n": 9_007_199_254_740_993_i64, "list": [] } });
    let unit = deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    unit.audit().record(recorded.clone()).await.unwrap();
    unit.commit().await.unwrap();
    let events = log(&world, &owner, AuditFilter { action: Some("thing.done".into()), ..AuditFilter::default() }).await;
    let expected = AuditEvent {
        seq: events[0].seq,
        id: recorded.id,
        at: recorded.at,
        actor_kind: ActorKind::User,
        actor_id: Some(owner.user_id().as_uuid()),
        action: recorded.action.into(),
        object_kind: recorded.object.kind.into(),
        object_id: recorded.object.id,
        detail: recorded.detail,
        origin,
        hash: events[0].hash,
    };
    assert_eq!(events, [expected]);
}

/// Each filter keeps what it says, and the instants are a half-open span.
pub async fn events_are_filtered(kit: &dyn Kit) {
    let world = world(kit).await;
    let owner = world.owner().await;
    world.clock.advance(Duration::DAY);
    let (first, start) = (event(&world, "thing.begun"), world.deps.clock.now());
    world.clock.advance(Duration::milliseconds(500));
    let (second, end) = (event(&world, "thing.ended"), world.deps.clock.now());
    let unit = writer(&world, &owner).await;
    unit.audit().record(first.clone()).await.unwrap();
    unit.audit().record(second.clone()).await.unwrap();
    unit.commit().await.unwrap();
    let both = vec![first.id, second.id];
    let kind = AuditFilter { object_kind: Some("thing".into()), ..AuditFilter::default() };
    for (filter, expected) in [
        (AuditFilter { action: Some("thing.ended".into()), ..AuditFilter::default() }, vec![second.id]),
        (AuditFilter { object_id: Some(first.object.id), ..AuditFilter::default() }, vec![first.id]),
        (kind.clone(), both.clone()),
        (AuditFilter { from: Some(start), ..AuditFilter::default() }, both.clone()),
        (AuditFilter { from: Some(end), ..AuditFilter::default() }, vec![second.id]),
        (AuditFilter { from: Some(start), until: Some(end), ..AuditFilter::default() }, vec![first.id]),
        (AuditFilter { actor_id: Some(owner.user_id().as_uuid()), ..kind.clone() }, both),
        (AuditFilter { actor_id: Some(world.deps.ids.next()), ..kind }, vec![]),
    ] {
        let found = log(&world, &owner, filter.clone()).await;
        assert_eq!(found.iter().map(|event| event.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}
