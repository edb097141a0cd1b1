//! Keys of requests: any bytes that a header can hold, on any number of lines, against a plain model of what was said under
//! which key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use cotenant_tests::{FreshDatabase, prove};
use proptest::prelude::*;
use serde_json::json;

use crate::ask::{Place, described};
use crate::junk::is_described;
use crate::runner::{Count, holds, holds_that};

const KEY: &str = "Idempotency-Key";

#[derive(Debug, Clone)]
struct Sent {
    lines: Vec<Vec<u8>>,
    /// Which of a few roles is asked for.
    role: u8,
}

/// All that passes for the value of a header in a client, and in the server's parser.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => 0x21_u8..0x7f, 1 => Just(b' '), 1 => Just(b'\t'), 2 => 0x80_u8..=0xff];
    let long = (250_usize..260, 0x21_u8..0x7f).prop_map(|(many, byte)| vec![byte; many]);
    // From few, so that some come again.
    let few = proptest::sample::select(vec!["a", "A", "b", "\"a\"", "a,b", "8e03978e-40d5-43dd-bc93-6894a57f9324"]);
    prop_oneof![
        3 => few.prop_map(|text| text.as_bytes().to_vec()),
        3 => "[!-~]{1,40}".prop_map(String::into_bytes),
        2 => proptest::collection::vec(byte, 0..40),
        1 => long,
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let many = prop_oneof![6 => Just(1_usize), 1 => 2_usize..4];
    (many, any::<u8>())
        .prop_flat_map(|(many, role)| (proptest::collection::vec(lines(), many), Just(role)))
        .prop_map(|(lines, role)| Sent { lines, role: role % 3 })
}

/// The key that the lines are, by the rules of the documentation.
fn key(lines: &[Vec<u8>]) -> Option<String> {
    let [line] = lines else { return None };
    // Blanks around a header's value are no part of it (RFC 9110, section 5.5).
    let text = line.trim_ascii();
    let fits = (1..=255).contains(&text.len()) && text.iter().all(|byte| (0x21..=0x7e).contains(byte));
    fits.then(|| String::from_utf8(text.to_vec()).unwrap())
}

/// What was answered under each key, and to which role.
type Model = BTreeMap<String, (u8, String)>;

pub(crate) async fn any_key_of_a_request_is_taken_or_refused_as_documented(database: FreshDatabase) {
    let kind = database.kind;
    let place = Arc::new(Place::build(database).await);
    let (route, operation) = described().into_iter().find(|(_, doc)| doc["operationId"] == "invite").unwrap();
    let (tried, taken, replayed) = <(Count, Count, Count)>::default();
    let (asked, counts) = (place.clone(), (tried.clone(), taken.clone(), replayed.clone()));
    let model = Arc::new(Mutex::new(Model::new()));
    let known = model.clone();
    holds("fuzzed keys of requests", prove::times(200, 3_000), sent, async move |sent: Sent| {
        let headers: Vec<(&str, &[u8])> = sent.lines.iter().map(|line| (KEY, line.as_slice())).collect();
        let body = json!({ "email": format!("guest-{}@guests.example", sent.role) }).to_string().into_bytes();
        let answer = asked.ask(&route, route.path, &headers, Some(body)).await;
        is_described(&answer, &operation)?;
        let (status, is_replay) = (answer.status.as_u16(), answer.headers.contains_key("idempotency-replayed"));
        tried.add(1);
        let Some(key) = key(&sent.lines) else {
            holds_that!(status == 400, "no key, and {answer:?}");
            return Ok(());
        };
        let mut known = known.lock().unwrap();
        match known.get(&key) {
            None => {
                holds_that!(status == 201 && !is_replay, "a new key, and {answer:?}");
                known.insert(key, (sent.role, answer.raw));
                taken.add(1);
            }
            Some((role, told)) if *role == sent.role => {
                holds_that!(
                    status == 201 && is_replay && answer.raw == *told,
                    "told {told} before, and now {answer:?}"
                );
                replayed.add(1);
            }
            Some(_) => holds_that!(status == 422, "a key of another request, and {answer:?}"),
        }
        Ok(())
    })
    .await;
    let (tried, taken, replayed) = counts;
    assert!(taken.get() > tried.get() / 4 && replayed.get() > 0, "{} of {} taken", taken.get(), tried.get());
    // Place::build has invited some already, without a key.
    let kept = place.rows().await["kept_answers"].lines().count();
    assert_eq!(kept, model.lock().unwrap().len(), "one answer for each key");
    let told = [
        ("headers", tried.get()),
        ("new keys", taken.get()),
        ("answered again", replayed.get()),
        ("double effects", 0),
        ("failures of ours", 0),
    ];
    prove::figures("fuzzed keys of requests", &format!("{kind:?}"), &told);
    Arc::into_inner(place).unwrap().server.stop().await;
}
