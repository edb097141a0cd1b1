//! Stores over HTTP.

#![expect(clippy::unwrap_used, reason = "an answer that is not as expected ends the test")]

use cotenant_tests::{FreshDatabase, TestServer, on_both_databases};
use reqwest::{Method, StatusCode};
use serde_json::json;

on_both_databases! {
    a_store_lives_from_opening_to_restoring;
    lists_page_filter_and_sort;
    a_member_of_one_store_reaches_that_store_only;
}

fn store(name: &str, code: &str) -> serde_json::Value {
    json!({ "name": name, "code": code, "currency": "KES", "timezone": "Africa/Nairobi" })
}

async fn a_store_lives_from_opening_to_restoring(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let opened = owner.post("/api/v1/stores", store("Town", "T1")).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    let path = opened.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, format!("/api/v1/stores/{}", opened.id()));
    assert_eq!(opened.headers["etag"], "\"1\"");
    assert_eq!(owner.get(&path).await.body, opened.body);
    // The same code in another case is the same code.
    let taken = owner.post("/api/v1/stores", store("Again", "t1")).await;
    assert_eq!((taken.status, taken.problem().as_str()), (StatusCode::CONFLICT, "code_taken"));
    let changed = owner.patch(&path, json!({ "name": "Old Town" })).await;
    assert_eq!((changed.status, &changed.body["version"]), (StatusCode::OK, &json!(2)));
    let stale =
        owner.send(Method::PATCH, &path, &[("If-Match", "\"1\"")], Some(json!({"name": "X"}).to_string())).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    let deleted = owner.delete(&path).await;
    assert_eq!(deleted.status, StatusCode::OK, "{deleted:?}");
    assert!(deleted.text("purge_at") > deleted.text("deleted_at"));
    assert_eq!(owner.get(&path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(owner.get(&format!("{path}?include_deleted=true")).await.status, StatusCode::OK);
    let restored = owner.act(&format!("{path}/restore")).await;
    assert_eq!((restored.status, &restored.body["name"]), (StatusCode::OK, &json!("Old Town")));
    assert_eq!(owner.act(&format!("{path}/restore")).await.problem(), "not_deleted");
    server.stop().await;
}

async fn lists_page_filter_and_sort(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    for name in ["Émile", "anna", "Zoë", "100%", "Bob"] {
        let code = format!("C-{}", name.len());
        let mut body = store(name, &format!("{code}-{name}").replace('%', "p"));
        body["is_active"] = json!(name != "Bob");
        assert_eq!(owner.post("/api/v1/stores", body).await.status, StatusCode::CREATED);
    }
    let mut seen = Vec::new();
    let mut next = "/api/v1/stores?sort=-name&limit=2".to_owned();
    loop {
        let page = owner.get(&next).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        seen.extend(page.body["data"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("/api/v1/stores?sort=-name&limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ["Émile", "Zoë", "Bob", "anna", "100%"]);
    let names = async |query: &str| {
        let page = owner.get(&format!("/api/v1/stores?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        page.body["data"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("q=%C3%89MILE").await, ["Émile"], "case is folded beyond ASCII");
    assert_eq!(names("q=%25").await, ["100%"], "a wildcard is a character");
    assert_eq!(names("is_active=false").await, ["Bob"]);
    server.stop().await;
}

async fn a_member_of_one_store_reaches_that_store_only(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (here, there) = (
        owner.post("/api/v1/stores", store("Here", "H")).await.id(),
        owner.post("/api/v1/stores", store("There", "T")).await.id(),
    );
    let role =
        owner.post("/api/v1/roles", json!({ "name": "Clerk", "permissions": ["stores.read", "products.read"] })).await;
    assert_eq!(role.status, StatusCode::CREATED, "{role:?}");
    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    assert_eq!(clerk.get("/api/v1/stores").await.status, StatusCode::FORBIDDEN, "nothing is held anywhere yet");
    let me = clerk.get("/api/v1/auth/me").await;
    let user = me.body["user"]["id"].as_str().unwrap();
    let grant = owner.put(&format!("/api/v1/members/{user}/roles/{}?store_id={here}", role.id())).await;
    assert_eq!(grant.status, StatusCode::OK, "{grant:?}");
    let list = clerk.get("/api/v1/stores").await;
    let ids: Vec<_> = list.body["data"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [here.as_str()]);
    assert_eq!(clerk.get(&format!("/api/v1/stores/{there}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get(&format!("/api/v1/stores/{there}/products")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clerk.get(&format!("/api/v1/stores/{here}/products")).await.status, StatusCode::OK);
    assert_eq!(
        clerk.patch(&format!("/api/v1/stores/{here}"), json!({"name": "Mine"})).await.status,
        StatusCode::FORBIDDEN
    );
    server.stop().await;
}
