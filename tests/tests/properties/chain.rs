//! The hash chain survives storage: whatever was recorded, what is read again gives the hash it was recorded with.

use std::collections::BTreeMap;

use cotenant_domain::audit::{self, ChainHash, ListAudit, NewAudit, Object};
use cotenant_domain::shared::{Direction, Limit, PageRequest};
use cotenant_domain::tenancy::{Actor, StoresCreate};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;
use serde_json::Value;

use crate::runner::{Count, Outcome, holds, holds_that};

/// Anything that particulars may hold, with the characters that are escaped, sorted or stored in special ways.
fn particulars() -> BoxedStrategy<Value> {
    let text = prop_oneof![
        any::<String>(),
        "[\u{0}-\u{1f}\"\\\\/\u{7f}-\u{9f}\u{2028}\u{d7ff}\u{e000}\u{fb33}\u{10000}\u{10ffff}]{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    let nested = leaf.prop_recursive(4, 32, 6, move |inner| {
        let object = prop::collection::hash_map(text.clone(), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::from),
            object.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    nested.boxed()
}

pub(crate) async fn what_was_hashed_is_what_is_read_again(database: FreshDatabase) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let owner = world.owner().await;
    let count = Count::default();
    let counted = count.clone();
    let many = || prop::collection::vec((particulars(), 0..1_000_000_i64), 1..8).boxed();
    holds("the chain survives storage", prove::times(40, 1000), many, async move |events: Vec<(Value, i64)>| {
        counted.add(events.len());
        recorded(&world, &owner, events).await
    })
    .await;
    let told = [("events", count.get()), ("links that broke", 0)];
    prove::figures("the chain survives storage", &format!("{:?}", database.kind), &told);
}

async fn recorded(world: &World, owner: &Actor, events: Vec<(Value, i64)>) -> Outcome {
    let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
    let mut details = BTreeMap::new();
    for (detail, microseconds) in events {
        world.clock.advance(time::Duration::microseconds(microseconds));
        let id = world.deps.ids.next();
        details.insert(id, detail.clone());
        let object = Object { kind: "thing", id };
        unit.audit()
            .record(NewAudit { id, at: world.deps.clock.now(), action: "thing.done", object, detail })
            .await
            .unwrap();
    }
    unit.commit().await.unwrap();
    let newest = PageRequest {
        limit: Limit::nearest(u32::try_from(details.len() + 1).unwrap()),
        direction: Direction::Descending,
        ..PageRequest::default()
    };
    let page = audit::list(owner, &world.deps, ListAudit { page: newest, ..ListAudit::default() }).await.unwrap();
    let mut events = page.items;
    events.reverse();
    for pair in events.windows(2) {
        let link = ChainHash::link(owner.tenant_id(), pair[0].hash, &pair[1]).unwrap();
        holds_that!(pair[1].hash == Some(link), "{:?} has another hash than was recorded", pair[1]);
        holds_that!(details.get(&pair[1].id) == Some(&pair[1].detail), "{:?} was read as something else", pair[1]);
    }
    Ok(())
}
