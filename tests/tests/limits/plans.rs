//! A tenant's plan: chosen by an operator, seen by the tenant, and what it makes of the rates.

use cotenant_tests::{Client, FreshDatabase, TestServer, on_both_databases};
use serde_json::{Value, json};

use crate::{log, policies};

on_both_databases! {
    a_plan_counts_from_the_next_request_after_one_that_was_let_in;
    a_plan_that_is_offered_no_more_is_the_default_and_no_error;
}

const STORES: &str = "/api/v1/stores";
const LIMITS: [(&str, &str); 2] =
    [("COTENANT__LIMITS__ENABLED", "true"), ("COTENANT__LIMITS__TENANT_READ", "1000/3600")];

/// A server with a plan that reads a fifth, and an owner, and the operator with the address of the tenant.
async fn world(database: FreshDatabase) -> (TestServer, Client, Client, String) {
    let offered = ("COTENANT__PLANS__OFFERED", "standard, free rate=20");
    let server = TestServer::start_with(database, &[LIMITS[0], LIMITS[1], offered]).await;
    let owner = server.bootstrap("acme").await;
    let tenant = format!("/api/v1/platform/tenants/{}", owner.get("/api/v1/tenant").await.id());
    let operator = server.operator().await;
    (server, owner, operator, tenant)
}

/// What the tenant may read in an hour, as the answer to a request says.
async fn reads(owner: &Client) -> u32 {
    let answer = owner.get(STORES).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    policies(&answer).into_iter().find(|(name, _)| name == "tenant-read").unwrap().1
}

async fn a_plan_counts_from_the_next_request_after_one_that_was_let_in(database: FreshDatabase) {
    let (server, owner, operator, tenant) = world(database).await;
    assert_eq!(operator.get(&tenant).await.body["plan"], Value::Null);
    assert_eq!((owner.get("/api/v1/tenant").await.text("plan").as_str(), reads(&owner).await), ("standard", 1_000));
    let changed = operator.patch(&tenant, json!({ "plan": "free" })).await;
    assert_eq!((changed.status.as_u16(), changed.text("plan").as_str()), (200, "free"));
    reads(&owner).await;
    assert_eq!(reads(&owner).await, 200, "a fifth");
    assert_eq!(owner.get("/api/v1/tenant").await.text("plan"), "free");
    let told = owner.get("/api/v1/audit-events?action=tenant.changed").await;
    assert_eq!(told.body["data"][0]["detail"]["plan"], json!([null, "free"]), "{told:?}");

    let unknown = operator.patch(&tenant, json!({ "plan": "gold" })).await;
    assert_eq!((unknown.status.as_u16(), unknown.problem().as_str()), (422, "unknown_plan"));
    assert_eq!(unknown.body["errors"][0]["pointer"], "/plan");
    let own = owner.patch("/api/v1/tenant", json!({ "plan": "standard" })).await;
    assert_eq!(
        (own.status.as_u16(), own.body["errors"][0]["pointer"].as_str()),
        (422, Some("/plan")),
        "nobody gives it to themselves"
    );
    assert_eq!(operator.patch(&tenant, json!({ "plan": null })).await.body["plan"], Value::Null);
    reads(&owner).await;
    assert_eq!(reads(&owner).await, 1_000);
    server.stop().await;
}

async fn a_plan_that_is_offered_no_more_is_the_default_and_no_error(database: FreshDatabase) {
    log::listen();
    let (server, _, operator, tenant) = world(database).await;
    assert_eq!(operator.patch(&tenant, json!({ "plan": "free" })).await.status, 200);
    let server = TestServer::start_with(server.stop().await, &LIMITS).await;
    let owner = server.sign_in(cotenant_tests::server::OPERATOR, "acme").await;
    for _ in 0..3 {
        assert_eq!(reads(&owner).await, 1_000);
    }
    assert_eq!(owner.get("/api/v1/tenant").await.text("plan"), "standard");
    assert_eq!(log::lines_with("a tenant has a plan that is not offered"), 1, "once, and not at each request");
    server.stop().await;
}
