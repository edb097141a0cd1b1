use actix_web::http::StatusCode;
use cotenant_testkit::World;
use serde_json::json;

use crate::support::client;

#[actix_web::test]
async fn a_tenant_comes_is_suspended_reactivated_deleted_and_restored() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let operator = client.operator().await;
    let body = json!({ "name": "Globex", "slug": "globex", "owner_email": "hank@globex.example" });
    let created = client.post("/api/v1/platform/tenants", &operator, body.clone()).await.expect(StatusCode::CREATED);
    assert_eq!(created.json()["invitation"]["email"], "hank@globex.example");
    let path = created.header("location").unwrap().to_owned();
    assert_eq!(client.post("/api/v1/platform/tenants", &operator, body).await.problem(), "slug_taken");
    world.work().await;
    world.accept_as_new("hank@globex.example").await;
    let hank = client.sign_in("hank@globex.example", "globex").await;

    let act = |name: &str| format!("{path}/{name}");
    let suspended = client.post(&act("suspend"), &operator, json!({ "reason": "Unpaid" })).await.expect(StatusCode::OK);
    assert_eq!(
        (&suspended.json()["status"], &suspended.json()["suspended_reason"]),
        (&json!("suspended"), &json!("Unpaid"))
    );
    let refused = client.get("/api/v1/stores", &hank).await;
    assert_eq!((refused.status, refused.problem().as_str()), (403, "tenant_suspended"));
    assert_eq!(client.get("/api/v1/auth/me", &hank).await.json()["tenant_status"], "suspended");
    assert_eq!(client.call("POST", &act("reactivate"), &operator, None).await.json()["status"], "active");
    assert_eq!(client.get("/api/v1/stores", &hank).await.status, 200);

    client.delete(&path, &operator).await.expect(StatusCode::OK);
    assert_eq!(client.get("/api/v1/auth/me", &hank).await.problem(), "token_revoked");
    assert_eq!(client.get(&path, &operator).await.status, 404);
    let gone = client.get(&format!("{path}?include_deleted=true"), &operator).await.json();
    assert!(gone["deleted_at"].is_string() && gone["purge_at"].is_string() && gone["status"] == "closing");
    assert_eq!(client.call("POST", &act("restore"), &operator, None).await.json()["status"], "active");
    let list = client.get("/api/v1/platform/tenants?sort=slug&q=GLOB", &operator).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn an_end_of_time_suspends_by_passing_and_null_takes_it_away() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let operator = client.operator().await;
    let tenants = client.get("/api/v1/platform/tenants", &operator).await.json();
    let path = format!("/api/v1/platform/tenants/{}", tenants["data"][0]["id"].as_str().unwrap());
    let past = client.patch(&path, &operator, json!({ "expires_at": "2001-01-01T00:00:00Z" })).await;
    assert_eq!(
        (past.status, past.problem().as_str(), past.pointers()),
        (422, "past_expiry", vec!["/expires_at".into()])
    );
    let end = client.patch(&path, &operator, json!({ "expires_at": "2099-01-01T03:00:00+03:00" })).await;
    assert_eq!(end.expect(StatusCode::OK).json()["expires_at"], "2099-01-01T00:00:00.000000Z");
    let endless = client.patch(&path, &operator, json!({ "expires_at": null })).await.expect(StatusCode::OK).json();
    assert_eq!(endless["expires_at"], json!(null));
}

#[actix_web::test]
async fn members_see_and_change_their_own_tenant() {
    let world = World::bootstrap().await;
    let client = client(&world).await;
    let owner = client.owner().await;
    let seen = client.get("/api/v1/tenant", &owner).await.expect(StatusCode::OK);
    assert_eq!((seen.json()["slug"].clone(), seen.header("etag")), (json!("acme"), Some("\"1\"")));
    let changed = client.patch("/api/v1/tenant", &owner, json!({ "name": "Acme Ltd" })).await.expect(StatusCode::OK);
    assert_eq!(changed.json()["name"], "Acme Ltd");
    let wrong = client.patch("/api/v1/tenant", &owner, json!({ "slug": "No Slug", "name": "" })).await;
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/name".into(), "/slug".into()]));
}
