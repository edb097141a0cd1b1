//! What the log of a whole life of the server holds, and what it never holds: the product's own log, at its most talkative
//! (every target at TRACE), over both databases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what fails here ends the test")]

#[path = "logs/capture.rs"]
mod capture;
#[path = "logs/story.rs"]
mod story;

use cotenant_tests::post_office::{Encrypted, Temper};
use cotenant_tests::{FreshDatabase, PostOffice, TestServer, eventually, on_both_databases};
use serde_json::{Value, json};

use capture::{about, everything, listen};
use story::Story;

on_both_databases! {
    no_secret_is_in_the_log_or_in_the_answer_to_an_error;
    each_request_is_one_line_that_tells_who_and_what;
    slow_statements_are_logged_without_their_values;
    a_panic_is_answered_and_logged_without_its_message;
    what_a_mail_server_is_told_is_not_in_the_log;
    what_opens_the_shared_cache_is_not_in_the_log;
}

// Attacks: 35.
async fn no_secret_is_in_the_log_or_in_the_answer_to_an_error(database: FreshDatabase) {
    listen();
    let told = Story::tell(database).await;
    let log = everything();
    assert!(log.contains("actix_http") && log.contains("cotenant_api"), "the log is not at its most talkative");
    for canary in &told.canaries {
        assert!(canary.len() >= 6, "{canary} may occur by chance");
        if let Some(at) = log.lines().filter(|line| !is_the_clients(line)).find(|line| line.contains(canary.as_str())) {
            panic!("{canary} is in the log: {at}");
        }
        if let Some(answer) = told.refusals.iter().find(|answer| answer.contains(canary.as_str())) {
            panic!("{canary} is in an answer to an error: {answer}");
        }
    }
    assert!(told.refusals.len() > 20, "{}", told.refusals.len());
}

/// The tests' own client lives in this process too, and is no part of the product.
fn is_the_clients(line: &str) -> bool {
    let line: Value = serde_json::from_str(line).unwrap();
    let target = line["target"].as_str().unwrap();
    target.starts_with("reqwest") || target.starts_with("hyper")
}

async fn each_request_is_one_line_that_tells_who_and_what(database: FreshDatabase) {
    listen();
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let me = owner.get("/api/v1/auth/me").await;
    let line = async |token: Option<&str>, method: &str, path: &str| {
        let id = capture::fresh_id();
        let client = cotenant_tests::Client::new(&server.base, token.map(str::to_owned));
        let verb = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        client.send(verb, path, &[("X-Request-Id", &id)], None).await;
        let lines: Vec<Value> = about(&id).into_iter().filter(|line| line["message"] == "request").collect();
        assert_eq!(lines.len(), 1, "{method} {path}: {lines:?}");
        lines[0].clone()
    };
    let store = "/api/v1/stores/01890a5d-ac96-774b-bcce-b302099a8057";
    let seen = line(owner.token.as_deref(), "GET", &format!("{store}?include_deleted=true")).await;
    assert_eq!((&seen["method"], &seen["status"]), (&json!("GET"), &json!(404)));
    assert_eq!(seen["route"], "/api/v1/stores/{store_id}");
    assert_eq!((&seen["user_id"], &seen["tenant_id"]), (&me.body["user"]["id"], &me.body["tenant"]["id"]));
    assert_eq!(seen["level"], "INFO");
    let latency = seen["latency_ms"].as_f64().unwrap();
    let micros = latency * 1_000.0;
    assert!(latency > 0.0 && (micros - micros.round()).abs() < 1e-6, "{latency} has more than three digits");
    let operator = server.operator().await;
    let seen = line(operator.token.as_deref(), "GET", "/api/v1/platform/tenants").await;
    assert_eq!((&seen["status"], &seen["user_id"]), (&json!(200), &me.body["user"]["id"]));
    assert_eq!(seen["tenant_id"], Value::Null, "an operator is in no tenant");
    let seen = line(None, "DELETE", store).await;
    assert_eq!((&seen["status"], &seen["user_id"], &seen["tenant_id"]), (&json!(401), &Value::Null, &Value::Null));
    let seen = line(None, "BREW", "/none/of/this").await;
    assert_eq!((&seen["status"], &seen["route"]), (&json!(404), &json!("-")));
    server.stop().await;
}

// Attacks: 35.
async fn slow_statements_are_logged_without_their_values(database: FreshDatabase) {
    listen();
    let server = TestServer::start_with(database, &[("COTENANT__DATABASE__SLOW_QUERY_MS", "0")]).await;
    let owner = server.bootstrap("acme").await;
    let id = capture::fresh_id();
    let body = json!({ "name": "canary-bound-name", "code": "CANARY-BOUND", "currency": "KES" });
    let headers = [("X-Request-Id", id.as_str())];
    let made = owner.send(reqwest::Method::POST, "/api/v1/stores", &headers, Some(body.to_string())).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = "/api/v1/stores?q=canary-bound&sort=name";
    assert_eq!(owner.send(reqwest::Method::GET, path, &headers, None).await.body["data"][0]["id"], made.body["id"]);
    let slow: Vec<Value> = about(&id).into_iter().filter(|line| line["target"] == "cotenant::slow_query").collect();
    let sql: Vec<&str> = slow.iter().map(|line| line["sql"].as_str().unwrap()).collect();
    assert!(sql.iter().any(|sql| sql.starts_with("INSERT INTO \"stores\"")), "{sql:?}");
    assert!(sql.iter().any(|sql| sql.starts_with("SELECT") && sql.contains("LIKE")), "{sql:?}");
    assert!(slow.iter().all(|line| line["level"] == "WARN" && line["elapsed_ms"].is_u64()), "{slow:?}");
    let bound = [made.id(), owner.get("/api/v1/auth/me").await.body["tenant"]["id"].as_str().unwrap().to_owned()];
    for value in bound
        .iter()
        .flat_map(|id| [id.clone(), id.replace('-', "")])
        .chain(["canary-bound".into(), "CANARY-BOUND".into()])
    {
        assert!(!sql.iter().any(|sql| sql.to_lowercase().contains(&value.to_lowercase())), "{value}: {sql:?}");
    }
    server.stop().await;
}

async fn a_panic_is_answered_and_logged_without_its_message(database: FreshDatabase) {
    listen();
    let server = TestServer::start(database).await;
    server.bootstrap("acme").await;
    let fragile = story::Fragile::start(&server).await;
    let id = capture::fresh_id();
    let canary = "canary of a password that falls";
    let token = server.operator().await.token;
    let operator = cotenant_tests::Client::new(&server.base, token);
    let body = json!({ "name": "Duka", "slug": "duka", "owner_email": "asha@duka.example" });
    assert_eq!(operator.post("/api/v1/platform/tenants", body).await.status, 201);
    let invitation = server.invitation_token("asha@duka.example").await;
    let body = json!({ "token": invitation, "display_name": "Asha", "password": canary });
    let client = cotenant_tests::Client::new(&fragile.base, None);
    let headers = [("X-Request-Id", id.as_str())];
    let path = "/api/v1/invitations/accept";
    let answer = client.send(reqwest::Method::POST, path, &headers, Some(body.to_string())).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"), "{answer:?}");
    assert_eq!(answer.headers["x-request-id"], id);
    assert!(!answer.raw.contains("canary") && answer.body.get("detail").is_none(), "{answer:?}");
    let lines = about(&id);
    let found =
        |message: &str| lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(found("request")["status"], 500);
    assert_eq!(found("internal error")["level"], "ERROR");
    let place = found("panic")["place"].as_str().unwrap().to_owned();
    assert!(place.contains("story.rs:"), "{place}");
    assert!(!everything().contains(canary));
    assert_eq!(client.get("/healthz").await.status, 200, "the server lives on");
    fragile.stop().await;
    // What the use case had begun was taken back: the invitation can still be accepted.
    server.accept("asha@duka.example").await;
    server.stop().await;
}

// Attacks: 35.
async fn what_a_mail_server_is_told_is_not_in_the_log(database: FreshDatabase) {
    listen();
    let office = PostOffice::open(Temper::RefusesRecipient(450, "4.2.1"), Encrypted::Never);
    let port = office.port.to_string();
    let settings = [
        ("COTENANT__MAIL__TRANSPORT", "smtp"),
        ("COTENANT__MAIL__FROM", "us@cotenant.example"),
        ("COTENANT__MAIL__HOST", "127.0.0.1"),
        ("COTENANT__MAIL__PORT", port.as_str()),
        ("COTENANT__MAIL__TLS", "none"),
        ("COTENANT__MAIL__USER", "us"),
        ("COTENANT__MAIL__PASSWORD", "canary-of-mail"),
        ("COTENANT__JOBS__MAX_ATTEMPTS", "1"),
    ];
    let server = TestServer::start_with(database, &settings).await;
    let owner = server.bootstrap("acme").await;
    owner.post("/api/v1/invitations", json!({ "email": "canary@duka.example" })).await;
    let dead = "/api/v1/jobs?status=dead";
    eventually("the attempt has failed", async || owner.get(dead).await.body["data"][0]["id"].is_string()).await;
    // `canary-of-mail` as it is sent, with the user before it.
    let sent = "AHVzAGNhbmFyeS1vZi1tYWls";
    assert_eq!(office.count(&format!("AUTH PLAIN {sent}")), 1, "{:?}", office.heard());
    server.stop().await;
    let log = everything();
    assert!(log.contains("invitation.send"), "the failure is logged");
    for canary in ["canary-of-mail", sent, "canary@duka"] {
        let found = log.lines().filter(|line| !is_the_clients(line)).find(|line| line.contains(canary));
        assert_eq!(found, None, "{canary} is in the log");
    }
}

// Attacks: 35.
async fn what_opens_the_shared_cache_is_not_in_the_log(database: FreshDatabase) {
    listen();
    let settings = [
        ("COTENANT__CACHE__KIND", "redis"),
        // Nobody listens there.
        ("COTENANT__CACHE__REDIS_URL", "redis://:canary-of-redis@127.0.0.1:1"),
        ("COTENANT__CACHE__REDIS_SECRET", "canary-that-seals-what-is-kept-7d20"),
    ];
    let server = TestServer::start_with(database, &settings).await;
    let owner = server.bootstrap("acme").await;
    for _ in 0..2 {
        assert_eq!(owner.get("/api/v1/tenant").await.status, 200, "requests go on");
    }
    assert!(server.deps.cache.figures().away > 0, "{:?}", server.deps.cache.figures());
    server.stop().await;
    let log = everything();
    assert!(log.contains("the shared cache is away"), "that is logged");
    for canary in ["canary-of-redis", "canary-that-seals"] {
        assert!(!log.contains(canary), "{canary} is in the log");
    }
}
