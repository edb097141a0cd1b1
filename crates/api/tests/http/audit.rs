//! The audit log as a file, and what is refused.

use std::future::poll_fn;
use std::pin::Pin;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::http::StatusCode;
use cotenant_testkit::World;
use serde_json::{Value, json};

use crate::support::{Answer, client, request};

const EXPORT: &str = "/api/v1/audit-events/export";

fn lines(answer: &Answer) -> Vec<Value> {
    answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn an_export_is_a_file_with_a_name_that_needs_no_quoting() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let exported = client.get(EXPORT, &owner).await.expect(StatusCode::OK);
    let lines = lines(&exported);
    let tenant = world.owner().await.tenant_id();
    let last = lines[0]["export"]["to_seq"].as_i64().unwrap();
    let name = format!("attachment; filename=\"audit-{tenant}-{last}.jsonl\"");
    assert_eq!(exported.header("content-disposition"), Some(name.as_str()));
    assert_eq!(exported.header("content-type"), Some("application/jsonl"));
    assert_eq!(exported.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(exported.header("cache-control"), Some("no-store"));
    assert_eq!(lines.last().unwrap()["end"]["last_seq"], last);
    assert_eq!(lines.len() as i64, last + 2);
    let csv = client.get(&format!("{EXPORT}?format=csv"), &owner).await.expect(StatusCode::OK);
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(csv.header("content-disposition").unwrap().ends_with(".csv\""));
    assert!(csv.text.starts_with("seq,at,actor_kind,") && csv.text.ends_with("\r\n"), "{}", csv.text);
}

#[actix_web::test]
async fn an_export_keeps_to_its_filters_and_says_so() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    client.open_store(&owner, "A").await;
    let exported = client.get(&format!("{EXPORT}?action=store.opened"), &owner).await.expect(StatusCode::OK);
    let lines = lines(&exported);
    assert_eq!((lines.len(), &lines[0]["export"]["filter"]), (3, &json!({ "action": "store.opened" })));
    let none = client.get(&format!("{EXPORT}?format=csv&action=no.such"), &owner).await.expect(StatusCode::OK);
    assert_eq!(none.text.lines().count(), 1, "{}", none.text);
    for (query, problem) in
        [("format=xml", "invalid_query"), ("after_seq=-1", "invalid_query"), ("after_seq=999", "not_found")]
    {
        assert_eq!(client.get(&format!("{EXPORT}?{query}"), &owner).await.problem(), problem, "{query}");
    }
}

async fn next(body: &mut Pin<Box<BoxBody>>) -> Option<Result<usize, String>> {
    let piece = poll_fn(|context| body.as_mut().poll_next(context)).await;
    piece.map(|piece| piece.map(|bytes| bytes.len()).map_err(|error| error.to_string()))
}

#[actix_web::test]
async fn a_session_that_ends_breaks_an_export_off_at_its_next_page() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    for n in 0..120 {
        client.open_store(&owner, &format!("S{n}")).await;
    }
    for format in ["jsonl", "csv"] {
        let owner = client.owner().await;
        let response = client.call_raw(request("GET", &format!("{EXPORT}?format={format}"), &owner)).await;
        let mut body = Box::pin(response.into_body());
        assert!(next(&mut body).await.unwrap().unwrap() > 1_000);
        client.post("/api/v1/auth/logout", &owner, json!(null)).await.expect(StatusCode::NO_CONTENT);
        assert!(next(&mut body).await.unwrap().is_err(), "the next page is refused");
        assert!(next(&mut body).await.is_none(), "and there is nothing after it");
    }
}

#[actix_web::test]
async fn what_is_refused_is_recorded_with_the_permission_that_was_missing() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let role = json!({ "name": "Clerk", "permissions": ["stores.read", "roles.read"] });
    let role = client.post("/api/v1/roles", &owner, role).await.expect(StatusCode::CREATED).json();
    let invited = json!({ "email": "clerk@duka.example", "role_ids": [role["id"]] });
    client.post("/api/v1/invitations", &owner, invited).await.expect(StatusCode::CREATED);
    world.work().await;
    world.accept_as_new("clerk@duka.example").await;
    let clerk = client.sign_in("clerk@duka.example", "acme").await;
    for _ in 0..3 {
        client.get("/api/v1/stores?include_deleted=true", &clerk).await.expect(StatusCode::FORBIDDEN);
        let wanted = json!({ "name": "No", "code": "NO", "currency": "KES" });
        client.post("/api/v1/stores", &clerk, wanted).await.expect(StatusCode::FORBIDDEN);
    }
    client.get("/api/v1/stores", &clerk).await.expect(StatusCode::OK);
    let told = client.get("/api/v1/audit-events?action=access.refused", &owner).await.json();
    let told: Vec<_> = told["data"].as_array().unwrap().iter().map(|event| event["detail"].clone()).collect();
    let refused = |permission: &str, request: &str| json!({ "permission": permission, "code": "forbidden", "request": request, "left_out": 0 });
    assert_eq!(told, [refused("deleted.read", "GET /api/v1/stores"), refused("stores.create", "POST /api/v1/stores")]);
}
