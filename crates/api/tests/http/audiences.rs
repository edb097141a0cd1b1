use cotenant_api::{Audience, routes};
use cotenant_testkit::World;

use crate::support::client;

/// An address of the route; whether it leads to something does not matter here.
fn address(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "nothing" } else { part }).collect::<Vec<_>>().join("/")
}

#[actix_web::test]
async fn who_is_not_of_a_routes_audience_gets_no_further_than_that() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let (owner, operator) = (client.owner().await, client.operator().await);
    for route in routes() {
        let refused: &[&str] = match route.audience {
            Audience::Public => continue,
            Audience::Visitor => &["forged", &operator],
            Audience::SignedIn => &["", "forged"],
            Audience::Tenant => &["", "forged", &operator],
            Audience::Platform => &["", "forged", &owner],
        };
        for token in refused {
            // Neither the id nor the body is looked at before the token.
            let answer = client.call(route.method.as_str(), &address(route.path), token, None).await;
            let said = (answer.status, answer.problem());
            assert_eq!(said, (401, "unauthenticated".into()), "{} {} {token}", route.method, route.path);
        }
    }
}

#[actix_web::test]
async fn a_permission_that_is_held_nowhere_is_refused_before_anything_is_looked_up() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = world.owner().await;
    world.join(&owner, "nobody@acme.example", &[], &[]).await;
    let token = client.sign_in("nobody@acme.example", "acme").await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let document = serde_json::to_value(cotenant_api::openapi()).unwrap();
    for route in routes().iter().filter(|r| r.permission.is_some()) {
        let path = route.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect::<Vec<_>>();
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        let body = &operation["requestBody"]["content"]["application/json"]["example"];
        let body = body.is_object().then(|| body.clone());
        let answer = client.call(route.method.as_str(), &path.join("/"), &token, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "forbidden"), "{} {}", route.method, route.path);
        let needed = route.permission.map(|p| p.code()).unwrap();
        assert!(answer.text.contains(needed), "{} {}: {}", route.method, route.path, answer.text);
    }
}
