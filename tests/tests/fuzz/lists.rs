//! Queries and cursors of every list.

use std::collections::BTreeSet;
use std::sync::Arc;

use cotenant_api::Route;
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;
use serde_json::Value;

use crate::ask::{Place, asked_with, described, parameters};
use crate::junk::{escaped, is_described, texts};
use crate::runner::{Count, holds, holds_that};
use cotenant_tests::sign::{decode, encode};

/// The lists that have pages.
fn lists() -> Vec<(Route, Value)> {
    let has_pages = |operation: &Value| parameters(operation, "query").iter().any(|p| p["name"] == "cursor");
    described().into_iter().filter(|(_, operation)| has_pages(operation)).collect()
}

#[derive(Debug, Clone)]
struct Query {
    list: u8,
    parts: Vec<(u8, String)>,
    /// Instead of all that: as it stands.
    raw: Option<String>,
}

fn queries() -> impl Strategy<Value = Query> {
    let good: &'static [&str] = &[
        "1",
        "2",
        "100",
        "true",
        "false",
        "name",
        "-name",
        "code",
        "-created_at",
        "id",
        "-id",
        "active",
        "sku",
        "a",
        "t1",
    ];
    let value = prop_oneof![proptest::sample::select(good).prop_map(str::to_owned), texts()];
    let part = (any::<u8>(), value);
    let raw = proptest::option::weighted(0.2, "[!-~&&[^#\\\\\"<>^`{|}]]{0,60}");
    (any::<u8>(), proptest::collection::vec(part, 0..5), raw).prop_map(|(list, parts, raw)| Query { list, parts, raw })
}

pub(crate) async fn any_query_is_answered_as_described(database: FreshDatabase) {
    let kind = database.kind;
    let place = Arc::new(Place::build(database).await);
    let before = place.rows().await;
    let (tried, accepted) = <(Count, Count)>::default();
    let (asked, counts, lists) = (place.clone(), (tried.clone(), accepted.clone()), lists());
    holds("fuzzed queries", prove::times(300, 4_000), queries, async move |query: Query| {
        let (route, operation) = &lists[usize::from(query.list) % lists.len()];
        let known = parameters(operation, "query");
        let part = |(nth, value): &(u8, String)| {
            let name = known[usize::from(*nth) % known.len()]["name"].as_str().unwrap();
            format!("{name}={}", escaped(value))
        };
        let parts = || query.parts.iter().map(part).collect::<Vec<_>>().join("&");
        let address = format!("{}?{}", asked.address(route), query.raw.clone().unwrap_or_else(parts));
        let answer = asked.ask(route, &address, &[], asked_with(route)).await;
        is_described(&answer, operation).map_err(|said| format!("{address}: {said}"))?;
        tried.add(1);
        accepted.add(usize::from(answer.status.is_success()));
        Ok(())
    })
    .await;
    let (tried, accepted) = counts;
    assert!(accepted.get() * 20 > tried.get(), "{} of {} were accepted", accepted.get(), tried.get());
    place.unchanged(&before, &[], "reading").await;
    let told = [
        ("queries", tried.get()),
        ("accepted", accepted.get()),
        ("failures of ours", 0),
        ("no answer", 0),
        ("undocumented statuses", 0),
    ];
    prove::figures("fuzzed queries", &format!("{kind:?}"), &told);
    Arc::into_inner(place).unwrap().server.stop().await;
}

/// How a cursor is forged: its head (form, binding and kind of value) is kept, so that it is read to its end; the id
/// and the value are the forger's.
#[derive(Debug, Clone)]
enum Forged {
    Value { id: [u8; 16], value: Vec<u8> },
    Bytes(Vec<u8>),
    Flipped(u16, u8),
    Text(String),
}

/// Form, binding and kind.
const HEAD: usize = 14;

fn forged() -> impl Strategy<Value = Forged> {
    let number = prop_oneof![
        any::<i64>(),
        proptest::sample::select(vec![0, -1, i64::MAX, i64::MIN, 253_402_300_799_999_999, 253_402_300_800_000_000]),
    ];
    let value = prop_oneof![
        Just(Vec::new()),
        number.prop_map(|number| number.to_be_bytes().to_vec()),
        texts().prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    prop_oneof![
        6 => (any::<[u8; 16]>(), value).prop_map(|(id, value)| Forged::Value { id, value }),
        1 => proptest::collection::vec(any::<u8>(), 0..60).prop_map(Forged::Bytes),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(at, bits)| Forged::Flipped(at, bits)),
        1 => texts().prop_map(Forged::Text),
    ]
}

/// A list in one of its orders, with a cursor of its own and the ids of all its rows.
struct Order {
    route: Route,
    operation: Value,
    address: String,
    cursor: String,
    rows: BTreeSet<String>,
}

fn row(item: &Value) -> String {
    item["id"].as_str().or(item["user"]["id"].as_str()).map_or_else(|| item.to_string(), str::to_owned)
}

async fn orders(place: &Place) -> Vec<Order> {
    let mut all = Vec::new();
    for (route, operation) in lists() {
        let sorts = ["", "id", "name", "-name", "code", "-created_at", "price_minor", "-price_minor", "email", "slug"];
        for sort in sorts.map(|sort| if sort.is_empty() { String::new() } else { format!("&sort={sort}") }) {
            let address = format!("{}?limit=1{sort}", place.address(&route));
            let first = place.ask(&route, &address, &[], asked_with(&route)).await;
            let whole = address.replace("limit=1", "limit=100");
            let whole = place.ask(&route, &whole, &[], asked_with(&route)).await;
            if let Some(cursor) = first.body["next_cursor"].as_str() {
                let rows = whole.body["data"].as_array().unwrap().iter().map(row).collect();
                let (route, operation, cursor) = (route.clone(), operation.clone(), cursor.to_owned());
                all.push(Order { route, operation, address, cursor, rows });
            }
        }
    }
    all
}

pub(crate) async fn any_cursor_is_refused_or_a_place_in_ones_own_list(database: FreshDatabase) {
    let kind = database.kind;
    let place = Arc::new(Place::build(database).await);
    let before = place.rows().await;
    let orders = orders(&place).await;
    let kinds: BTreeSet<u8> = orders.iter().map(|order| decode(&order.cursor)[HEAD - 1]).collect();
    assert!(orders.len() > 12 && kinds.len() == 4, "{} lists and orders, kinds {kinds:?}", orders.len());
    let (tried, accepted) = <(Count, Count)>::default();
    let (asked, counts, many) = (place.clone(), (tried.clone(), accepted.clone()), orders.len() as u64);
    let cases = || (any::<u8>(), forged());
    holds("fuzzed cursors", prove::times(300, 4_000), cases, async move |(nth, forged)| {
        let order = &orders[usize::from(nth) % orders.len()];
        let mut bytes = decode(&order.cursor);
        let cursor = match forged {
            Forged::Value { id, value } => encode([&bytes[..HEAD], &id, &value].concat()),
            Forged::Bytes(bytes) => encode(bytes),
            Forged::Flipped(at, bits) => {
                let at = usize::from(at) % bytes.len();
                bytes[at] ^= bits;
                encode(bytes)
            }
            Forged::Text(text) => escaped(&text),
        };
        let address = format!("{}&cursor={cursor}", order.address.replace("limit=1", "limit=100"));
        let answer = asked.ask(&order.route, &address, &[], asked_with(&order.route)).await;
        is_described(&answer, &order.operation).map_err(|said| format!("{address}: {said}"))?;
        let status = answer.status.as_u16();
        holds_that!([200, 400].contains(&status), "{address}: {answer:?}");
        for item in answer.body["data"].as_array().into_iter().flatten() {
            holds_that!(order.rows.contains(&row(item)), "{address} showed {item}");
        }
        tried.add(1);
        accepted.add(usize::from(answer.status.is_success()));
        Ok(())
    })
    .await;
    let (tried, accepted) = counts;
    assert!(accepted.get() * 10 > tried.get(), "{} of {} were read to their end", accepted.get(), tried.get());
    place.unchanged(&before, &[], "reading").await;
    let told = [
        ("lists and orders", many),
        ("cursors", tried.get()),
        ("accepted", accepted.get()),
        ("failures of ours", 0),
        ("rows of others", 0),
    ];
    prove::figures("fuzzed cursors", &format!("{kind:?}"), &told);
    Arc::into_inner(place).unwrap().server.stop().await;
}
