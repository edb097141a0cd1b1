//! Every route that makes something does it once for a key, for each of two tenants that give the same key.

use cotenant_api::{Audience, Route, routes};
use cotenant_tests::rows::Rows;
use cotenant_tests::{Answer, Client, FreshDatabase, on_both_databases};
use serde_json::Value;

use crate::case::Request;
use crate::table::cases;
use crate::world::World;

on_both_databases! {
    whatever_makes_something_makes_it_once_for_a_key_in_each_tenant;
}

const KEY: [(&str, &str); 1] = [("Idempotency-Key", "the-same-for-all")];

async fn sent(client: &Client, request: &Request) -> Answer {
    client.send(request.method.clone(), &request.path, &KEY, request.body.clone()).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.get("idempotency-replayed").is_some_and(|value| value == "true")
}

/// The secrets in an answer: what is random and long, as no name and no id is.
fn secrets(shown: &Value) -> Vec<String> {
    match shown {
        Value::String(text) => {
            let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
            runs.filter(|run| run.len() >= 48).map(str::to_owned).collect()
        }
        Value::Array(items) => items.iter().flat_map(secrets).collect(),
        Value::Object(members) => members.values().flat_map(secrets).collect(),
        _ => Vec::new(),
    }
}

/// The tables that hold a text, as it stands or in hexadecimal, as bodies of answers are shown.
fn holding(rows: &Rows, text: &str) -> Vec<String> {
    let bytes: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let holds = |rows: &str| rows.contains(&text.to_lowercase()) || rows.contains(&bytes);
    rows.iter().filter(|(_, rows)| holds(&rows.to_lowercase())).map(|(table, _)| table.clone()).collect()
}

/// The second time a request is answered as the first time, from what is kept; who may not make it is refused all the same; and
/// another tenant's same key, at the same route, is a first time. What an answer shows once is kept nowhere.
// Attacks: 14, 35.
async fn whatever_makes_something_makes_it_once_for_a_key_in_each_tenant(database: FreshDatabase) {
    let world = World::new(database).await;
    // All is made before the first key is given: with it a sweep is ordered, for another day.
    let mut made = Vec::new();
    for route in routes().into_iter().filter(Route::is_done_once) {
        let pair = [cases(&world, &world.a, &route).await.remove(0), cases(&world, &world.b, &route).await.remove(0)];
        made.push((route, pair));
    }
    let (mut done, mut shown_once, mut shown) = (0, Vec::new(), Vec::new());
    for (route, pair) in made {
        let of_platform = route.audience == Audience::Platform;
        let houses = [(&world.a, &world.b.owner), (&world.b, &world.a.owner)];
        for (case, (house, stranger)) in pair.into_iter().zip(houses) {
            let (request, name) = (case.request(&case.ids), case.name());
            let client = if of_platform { &world.operator } else { &house.owner };
            let first = sent(client, &request).await;
            if of_platform && house.slug != world.a.slug {
                // The operator gave the key to a request about the first tenant.
                assert_eq!(
                    (first.status.as_u16(), first.problem().as_str()),
                    (422, "idempotency_key_reused"),
                    "{name}"
                );
                continue;
            }
            assert!(first.status == 201 && !is_replay(&first), "{name}: {first:?}");
            let found = secrets(&first.body);
            assert_eq!(!found.is_empty(), route.shows_once(), "{name} shows something once: {first:?}");
            shown_once.extend(found);
            let again = sent(client, &request).await;
            if route.shows_once() {
                let told = (again.status.as_u16(), again.problem());
                assert_eq!(told, (409, "idempotency_secret_shown_once".to_owned()), "{name}");
                assert_eq!(again.body["location"].as_str().unwrap(), first.headers["location"], "{name}");
            } else {
                assert!(is_replay(&again), "{name}: {again:?}");
                shown.push((first.id(), if of_platform { "platform_kept_answers" } else { "kept_answers" }));
                assert_eq!((again.status, &again.raw), (first.status, &first.raw), "{name}");
                for header in ["location", "etag"] {
                    assert_eq!(again.headers.get(header), first.headers.get(header), "{name}");
                }
            }
            // What names nothing of a tenant is a good request in any; what does is none of a stranger's.
            if !case.ids.is_empty() {
                let foreign = sent(stranger, &request).await;
                assert!(foreign.status.is_client_error() && !is_replay(&foreign), "{name}: {foreign:?}");
            }
            done += 1;
        }
    }
    assert!(done > 12, "{done}");
    let rows = world.server.database.rows().await;
    for (id, table) in shown {
        assert!(holding(&rows, &format!("\"id\":\"{id}\"")).contains(&table.to_owned()), "{id} is in no kept answer");
    }
    assert!(shown_once.len() > 2, "{shown_once:?}");
    for secret in shown_once {
        assert_eq!(holding(&rows, &secret), Vec::<String>::new(), "a secret is kept");
    }
    world.server.stop().await;
}
