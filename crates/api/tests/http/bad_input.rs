//! Every route, asked wrongly in every way that its own description allows to think of.

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderValue;
use cotenant_api::{Audience, Route, openapi, routes};
use cotenant_testkit::World;
use serde_json::{Value, json};

use crate::support::{BODY_LIMIT, Client, client, request};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

trait Caller: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error> {}
impl<S: Service<actix_http::Request, Response = ServiceResponse, Error = actix_web::Error>> Caller for S {}

struct Tokens {
    owner: String,
    operator: String,
}

impl Tokens {
    async fn of<S: Caller>(client: &Client<S>) -> Self {
        Self { owner: client.owner().await, operator: client.operator().await }
    }

    fn for_route(&self, route: &Route) -> &str {
        match route.audience {
            Audience::Public | Audience::Visitor => "",
            Audience::SignedIn | Audience::Tenant => &self.owner,
            Audience::Platform => &self.operator,
        }
    }
}

fn address(route: &Route) -> String {
    let ids =
        ["store_id", "product_id", "role_id", "user_id", "invitation_id", "tenant_id", "service_account_id", "key_id"];
    ids.iter().fold(route.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), ID))
}

/// The routes of the API with the examples of their bodies.
fn with_bodies() -> Vec<(Route, Value)> {
    let document = serde_json::to_value(openapi()).unwrap();
    let example = |route: &Route| {
        let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
        operation["requestBody"]["content"]["application/json"]["example"].clone()
    };
    let all = routes().into_iter().map(|route| {
        let example = example(&route);
        (route, example)
    });
    let found = all.filter(|(_, example)| example.is_object()).collect::<Vec<_>>();
    assert!(found.len() > 10);
    found
}

/// The pointers to all fields of a document, each with a copy in which the field is `wrong`.
fn spoiled(document: &Value, at: &str, wrong: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in document.as_object().into_iter().flatten() {
        let mut copy = document.clone();
        copy[name] = wrong.clone();
        found.push((format!("{at}/{name}"), copy));
        for (pointer, inner) in spoiled(value, &format!("{at}/{name}"), wrong) {
            let mut copy = document.clone();
            copy[name] = inner;
            found.push((pointer, copy));
        }
    }
    found
}

#[actix_web::test]
async fn the_examples_of_the_description_are_readable() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    for (route, example) in with_bodies() {
        let answer =
            client.call(route.method.as_str(), &address(&route), tokens.for_route(&route), Some(example)).await;
        let said = format!("{} {}: {} {}", route.method, route.path, answer.status, answer.text);
        assert!(![400, 413, 415, 422].contains(&answer.status) && answer.status < 500, "{said}");
        if route.path.ends_with("/switch") {
            assert_eq!(answer.problem(), "not_found");
        }
    }
}

#[actix_web::test]
async fn what_is_not_plain_json_is_refused() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    for (route, example) in with_bodies() {
        let ask = |media: &'static str, body: Vec<u8>| {
            let request = request(route.method.as_str(), &address(&route), tokens.for_route(&route));
            client.send(request.insert_header(("Content-Type", media)).set_payload(body))
        };
        let json = "application/json";
        let text = example.to_string();
        let cases: Vec<(&'static str, Vec<u8>, u16, &str)> = vec![
            (json, b"".to_vec(), 400, "malformed_json"),
            (json, b"{".to_vec(), 400, "malformed_json"),
            (json, b"\xff\xfe".to_vec(), 400, "malformed_json"),
            (json, format!("{text}{text}").into_bytes(), 400, "malformed_json"),
            (json, "[".repeat(2_000).into_bytes(), 422, "invalid"),
            (json, b"[]".to_vec(), 422, "invalid"),
            (json, b"null".to_vec(), 422, "invalid"),
            (json, b"\"text\"".to_vec(), 422, "invalid"),
            (json, b"{\"tenant_id\":\"x\"}".to_vec(), 422, "invalid"),
            (json, vec![b' '; BODY_LIMIT + 1], 413, "body_too_large"),
            ("text/plain", text.clone().into_bytes(), 415, "unsupported_media_type"),
            ("application/x-www-form-urlencoded", text.clone().into_bytes(), 415, "unsupported_media_type"),
        ];
        for (media, body, status, code) in cases {
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            let answer = ask(media, body).await;
            assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{} {shown}", route.path);
        }
    }
}

#[actix_web::test]
async fn a_field_of_the_wrong_kind_is_pointed_at() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    let nul = json!("a\u{0}b");
    let wrong =
        [json!(1.5), json!({}), json!("x".repeat(2_000)), json!("\u{202e}abc\u{0}"), nul, json!([[]]), json!(-1)];
    for (route, example) in with_bodies() {
        for wrong in &wrong {
            for (pointer, body) in spoiled(&example, "", wrong) {
                // A secret may hold any character; what is wrong with it only its use shows.
                if wrong.is_string()
                    && (pointer.ends_with("secret") || pointer.ends_with("password") || pointer.ends_with("token"))
                {
                    continue;
                }
                let answer =
                    client.call(route.method.as_str(), &address(&route), tokens.for_route(&route), Some(body)).await;
                assert_eq!(
                    (answer.status, answer.problem().as_str()),
                    (422, "invalid"),
                    "{} {pointer} {wrong}",
                    route.path
                );
                let pointers = answer.pointers();
                assert!(
                    pointers.iter().any(|p| p.starts_with(&pointer)),
                    "{} {pointer} {wrong}: {pointers:?}",
                    route.path
                );
            }
        }
    }
}

#[actix_web::test]
async fn an_unknown_field_is_pointed_at() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    for (route, mut example) in with_bodies() {
        example["tenant_id"] = json!(ID);
        let answer =
            client.call(route.method.as_str(), &address(&route), tokens.for_route(&route), Some(example)).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/tenant_id".to_owned()]), "{}", route.path);
    }
}

#[actix_web::test]
async fn an_address_that_holds_no_id_is_refused() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    for route in routes().iter().filter(|r| r.path.contains("_id}")) {
        for wrong in ["7", "..%2f..%2fetc", "%00", "%ff", "01890a5dac96774bbcceb302099a8057", "'%20or%201=1--"] {
            let path = address(route).replacen(ID, wrong, 1);
            let answer = client.call(route.method.as_str(), &path, tokens.for_route(route), Some(json!({}))).await;
            assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_path"), "{} {path}", route.method);
        }
    }
}

#[actix_web::test]
async fn an_unknown_query_parameter_is_refused_everywhere() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    let bodies = with_bodies();
    for route in routes().iter().filter(|r| r.path.starts_with("/api/")) {
        let body =
            bodies.iter().find(|(r, _)| r.path == route.path && r.method == route.method).map(|(_, b)| b.clone());
        let path = format!("{}?tenant_id={ID}", address(route));
        let answer = client.call(route.method.as_str(), &path, tokens.for_route(route), body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_query"), "{} {path}", route.method);
    }
}

#[actix_web::test]
async fn lists_refuse_what_they_do_not_know() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    let store = client.open_store(&tokens.owner, "MSA-1").await;
    // A service account with the store's id: one id stands in every address.
    let account = client.post("/api/v1/service-accounts", &tokens.owner, json!({ "id": store, "name": "Till" })).await;
    assert_eq!(account.status, 201);
    let document = serde_json::to_value(openapi()).unwrap();
    let names = |route: &Route| {
        let parameters = document["paths"][route.path]["get"]["parameters"].as_array().cloned().unwrap_or_default();
        parameters
            .iter()
            .filter(|p| p["in"] == "query")
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let lists = routes()
        .into_iter()
        .filter(|r| r.method == "GET" && names(r).contains(&"cursor".to_owned()))
        .collect::<Vec<_>>();
    assert_eq!(lists.len(), 15);
    for route in &lists {
        let path = address(route).replace(ID, &store);
        let token = tokens.for_route(route);
        assert_eq!(client.get(&path, token).await.status, 200, "{path}");
        for name in names(route) {
            for wrong in ["%00", "%F0%9F", "", "a%E2%80%AEb", &"x".repeat(300), "-1", "1;drop", "password_hash"] {
                let answer = client.get(&format!("{path}?{name}={wrong}"), token).await;
                let free_text = ["q", "action", "object_kind", "kind"].contains(&name.as_str()) && answer.status == 200;
                let problem = if free_text { "invalid_query".into() } else { answer.problem() };
                assert!(
                    ["invalid_query", "invalid_cursor"].contains(&problem.as_str()),
                    "{path} {name}={wrong}: {problem}"
                );
            }
            let twice = client.get(&format!("{path}?{name}=1&{name}=1"), token).await;
            assert_eq!(twice.problem(), "invalid_query");
        }
        assert_eq!(client.get(&format!("{path}?limit=100000"), token).await.status, 200);
    }
}

#[actix_web::test]
async fn a_malformed_precondition_is_refused() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let tokens = Tokens::of(&client).await;
    let store = client.open_store(&tokens.owner, "MSA-1").await;
    for wrong in ["W/\"1\"", "1", "\"1\", \"2\"", ""] {
        let request = request("DELETE", &format!("/api/v1/stores/{store}"), &tokens.owner);
        let answer = client.send(request.insert_header(("If-Match", wrong))).await;
        assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid_header"), "{wrong}");
    }
    assert_eq!(client.get(&format!("/api/v1/stores/{store}"), &tokens.owner).await.status, 200, "nothing happened");
}

#[actix_web::test]
async fn another_method_is_answered_with_those_that_are_known() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    for route in routes() {
        let answer = client.call("TRACE", &address(&route), "", None).await;
        assert_eq!((answer.status, answer.problem().as_str()), (405, "method_not_allowed"), "{}", route.path);
        let allowed = answer.header("allow").unwrap().to_owned();
        assert!(allowed.split(", ").any(|m| m == route.method.as_str()), "{}: {allowed}", route.path);
    }
}

#[actix_web::test]
async fn an_unknown_address_is_a_problem() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    for path in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/storez",
        "/api/v2/stores",
        "/api/v1/stores/",
        "//",
        "/docs/../etc/passwd",
        "/docs/none.js",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = client.call(method, path, "", None).await;
            let method_known = path.starts_with("/docs/") && method != "GET";
            let expected = if method_known { (405, "method_not_allowed") } else { (404, "not_found") };
            assert_eq!((answer.status, answer.problem().as_str()), expected, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn odd_tokens_are_nobodys() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let long = format!("Bearer {}", "a".repeat(8_000));
    for wrong in ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearer null", &long, "Bearer ..", "bearer\t x"]
    {
        let request = request("GET", "/api/v1/stores", "").insert_header(("Authorization", wrong));
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "unauthenticated"), "{wrong}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
    }
    let bytes = HeaderValue::from_bytes(b"Bearer \xff").unwrap();
    let answer = client.send(request("GET", "/api/v1/stores", "").insert_header(("Authorization", bytes))).await;
    assert_eq!(answer.status, 401);
}
