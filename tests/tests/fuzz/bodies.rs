//! Bodies of every route that takes one: the examples of the API's own description, changed at random.

use std::sync::Arc;

use cotenant_api::{Audience, Route};
use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::ask::{Place, described};
use crate::junk::{is_described, texts, values};
use crate::runner::{Count, holds, holds_that};

/// A change at some place of a document, counted around.
#[derive(Debug, Clone)]
struct Change {
    at: u16,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Drop,
    Rename(String),
    Add(String, String),
    Replace(String),
    Nest(u8),
    Twice,
    Text(String),
}

#[derive(Debug, Clone)]
enum Whole {
    As,
    Cut(u16),
    Bytes(Vec<u8>),
    Flipped(u16, u8),
}

#[derive(Debug, Clone)]
struct Case {
    route: u8,
    changes: Vec<Change>,
    whole: Whole,
}

fn cases() -> impl Strategy<Value = Case> {
    let what = prop_oneof![
        2 => Just(What::Drop),
        1 => texts().prop_map(What::Rename),
        1 => (texts(), values()).prop_map(|(name, value)| What::Add(name, value)),
        5 => values().prop_map(What::Replace),
        1 => (1_u8..200).prop_map(What::Nest),
        1 => Just(What::Twice),
        5 => texts().prop_map(What::Text),
    ];
    let change = (any::<u16>(), what).prop_map(|(at, what)| Change { at, what });
    let whole = prop_oneof![
        12 => Just(Whole::As),
        1 => any::<u16>().prop_map(Whole::Cut),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(Whole::Bytes),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, bits)| Whole::Flipped(at, bits)),
    ];
    (any::<u8>(), proptest::collection::vec(change, 0..4), whole).prop_map(|(route, changes, whole)| Case {
        route,
        changes,
        whole,
    })
}

/// A document whose texts of this form stand for JSON as it is written.
fn mark(raw: &mut Vec<String>, text: String) -> Value {
    raw.push(text);
    json!(format!("@@{}@@", raw.len() - 1))
}

fn pointers(document: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let members: Vec<(String, &Value)> = match document {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(n, value)| (n.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, value) in members {
        pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), all);
    }
}

fn change(document: &mut Value, change: &Change, raw: &mut Vec<String>) {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let at = &all[usize::from(change.at) % all.len()];
    let (parent, name) = at.rsplit_once('/').unwrap_or_default();
    let name = name.replace("~1", "/").replace("~0", "~");
    match &change.what {
        What::Drop => drop(document.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|o| o.remove(&name))),
        What::Rename(to) => {
            if let Some(members) = document.pointer_mut(parent).and_then(Value::as_object_mut)
                && let Some(value) = members.remove(&name)
            {
                members.insert(to.clone(), value);
            }
        }
        What::Add(name, value) => {
            let value = mark(raw, value.clone());
            match document.pointer_mut(at).unwrap() {
                Value::Object(members) => drop(members.insert(name.clone(), value)),
                Value::Array(items) => items.push(value),
                other => *other = value,
            }
        }
        What::Replace(value) => *document.pointer_mut(at).unwrap() = mark(raw, value.clone()),
        What::Text(text) => *document.pointer_mut(at).unwrap() = json!(text),
        What::Nest(depth) => {
            let place = document.pointer_mut(at).unwrap();
            for _ in 0..*depth {
                *place = json!([place.take()]);
            }
        }
        What::Twice => {
            if document.pointer(parent).is_some_and(Value::is_object) && !at.is_empty() {
                let place = document.pointer_mut(at).unwrap();
                let twice = format!("{place},{}:{place}", json!(name));
                *place = mark(raw, twice);
            }
        }
    }
}

fn body(example: &Value, case: &Case) -> Vec<u8> {
    let (mut document, mut raw) = (example.clone(), Vec::new());
    for one in &case.changes {
        change(&mut document, one, &mut raw);
    }
    let mut text = document.to_string();
    // A later text may hold the mark of an earlier one.
    for (n, raw) in raw.iter().enumerate().rev() {
        text = text.replace(&format!("\"@@{n}@@\""), raw);
    }
    let mut bytes = text.into_bytes();
    match &case.whole {
        Whole::As => {}
        Whole::Cut(at) => bytes.truncate(usize::from(*at) % bytes.len().max(1)),
        Whole::Bytes(others) => bytes = others.clone(),
        Whole::Flipped(at, bits) => {
            let at = usize::from(*at) % bytes.len().max(1);
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= bits);
        }
    }
    bytes
}

/// Every route that takes a body, with an example that fits this place.
fn routes(place: &Place) -> Vec<(Route, Value, Value)> {
    let fitting = |example: &Value| {
        let mut example = example.clone();
        for (field, id) in [("role_ids", json!([place.ids["role_id"]])), ("tenant", json!("acme"))] {
            // A token is switched for another one and ends; the example's tenant is nobody's.
            if example.get(field).is_some_and(|value| value.is_array() || example.get("password").is_some()) {
                example[field] = id;
            }
        }
        if let Some(given) = example.get_mut("store_roles").filter(|given| given.is_array()) {
            *given = json!([{ "store_id": place.ids["store_id"], "role_id": place.ids["role_id"] }]);
        }
        example
    };
    let all = described().into_iter().filter(|(_, operation)| operation["requestBody"].is_object());
    all.map(|(route, operation)| {
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        assert!(example.is_object(), "{} has no example: {operation}", route.name());
        let fitting = fitting(example);
        (route, operation, fitting)
    })
    .collect()
}

pub(crate) async fn any_body_is_answered_as_described(database: FreshDatabase) {
    let kind = database.kind;
    let place = Arc::new(Place::build(database).await);
    let routes = routes(&place);
    let (tried, accepted) = <(Count, Count)>::default();
    let (asked, counts, many) = (place.clone(), (tried.clone(), accepted.clone()), routes.len() as u64);
    holds("fuzzed bodies", prove::times(300, 3_000), cases, async move |case: Case| {
        let (route, operation, example) = &routes[usize::from(case.route) % routes.len()];
        let body = body(example, &case);
        let what = format!("{} <- {}", route.name(), String::from_utf8_lossy(&body[..body.len().min(400)]));
        let answer = asked.ask(route, &asked.address(route), &[], Some(body)).await;
        is_described(&answer, operation).map_err(|said| format!("{what}: {said}"))?;
        let opened = matches!(route.audience, Audience::Tenant | Audience::Platform | Audience::SignedIn);
        holds_that!(!(opened && answer.status == 401), "{what}: the token is good no more: {answer:?}");
        tried.add(1);
        accepted.add(usize::from(answer.status.is_success()));
        Ok(())
    })
    .await;
    let (tried, accepted) = counts;
    assert!(accepted.get() * 50 > tried.get(), "{} of {} were accepted", accepted.get(), tried.get());
    let told = [
        ("routes", many),
        ("bodies", tried.get()),
        ("accepted", accepted.get()),
        ("failures of ours", 0),
        ("no answer", 0),
        ("undocumented statuses", 0),
    ];
    prove::figures("fuzzed bodies", &format!("{kind:?}"), &told);
    Arc::into_inner(place).unwrap().server.stop().await;
}
