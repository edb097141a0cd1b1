//! Every route that makes something does it once for a key, for each of two tenants that give the same key.

use cotenant_api::{Audience, Route, routes};
use cotenant_tests::{Answer, Client, FreshDatabase, on_both_databases};

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

/// The second time a request is answered as the first time, from what is kept; who may not make it is refused all the same; and
/// another tenant's same key, at the same route, is a first time.
// Attacks: 14.
async fn whatever_makes_something_makes_it_once_for_a_key_in_each_tenant(database: FreshDatabase) {
    let world = World::new(database).await;
    // All is made before the first key is given: with it a sweep is ordered, for another day.
    let mut made = Vec::new();
    for route in routes().into_iter().filter(Route::is_done_once) {
        let pair = [cases(&world, &world.a, &route).await.remove(0), cases(&world, &world.b, &route).await.remove(0)];
        made.push((route, pair));
    }
    let mut done = 0;
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
            let again = sent(client, &request).await;
            if route.shows_once() {
                let told = (again.status.as_u16(), again.problem());
                assert_eq!(told, (409, "idempotency_secret_shown_once".to_owned()), "{name}");
                assert_eq!(again.body["location"].as_str().unwrap(), first.headers["location"], "{name}");
            } else {
                assert!(is_replay(&again), "{name}: {again:?}");
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
    world.server.stop().await;
}
