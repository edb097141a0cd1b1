//! Addresses, as a client has them verified and changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, eventually, on_both_databases};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

on_both_databases! {
    an_address_is_verified_and_then_changed_by_both_mailboxes;
    of_both_tokens_at_once_one_makes_the_change_whole;
    asking_for_an_address_tells_nothing_of_whose_it_is;
}

const ME: &str = "/api/v1/auth/me";
const CHANGES: &str = "/api/v1/auth/email-changes";
const CONFIRM: &str = "/api/v1/auth/email-confirmations";
const NEXT: &str = "next@acme.example";

async fn wants(client: &Client, email: &str) -> Answer {
    client.post(CHANGES, json!({ "email": email, "current_password": PASSWORD })).await
}

async fn shows(server: &TestServer, token: &str) -> Answer {
    server.anonymous().post(CONFIRM, json!({ "token": token })).await
}

async fn an_address_is_verified_and_then_changed_by_both_mailboxes(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(owner.get(ME).await.body["user"]["email_verified"], false);
    let asked = owner.send(reqwest::Method::POST, "/api/v1/auth/email-verifications", &[], None).await;
    assert_eq!(asked.status, StatusCode::ACCEPTED, "{asked:?}");
    let token = server.mailed_token(OPERATOR, "eml_").await;
    assert_eq!(shows(&server, &token).await.body["in_effect"], true);
    assert_eq!(owner.get(ME).await.body["user"]["email_verified"], true);
    assert_eq!(shows(&server, &token).await.problem(), "address_change_not_found");

    let phone = server.sign_in(OPERATOR, "acme").await;
    assert_eq!(wants(&owner, NEXT).await.status, StatusCode::ACCEPTED);
    let next = server.mailed_token(NEXT, "eml_").await;
    let mut present = server.mailed_token(OPERATOR, "eml_").await;
    eventually("the message to the present address", async || {
        present = server.mailed_token(OPERATOR, "eml_").await;
        present != token
    })
    .await;
    assert_eq!(shows(&server, &next).await.body["in_effect"], false);
    assert_eq!(owner.get(ME).await.body["user"]["email"], OPERATOR);
    assert_eq!(shows(&server, &present).await.body["in_effect"], true);
    assert_eq!(owner.get(ME).await.body["user"]["email"], NEXT, "the session that asked goes on");
    assert_eq!(phone.get(ME).await.problem(), "token_revoked");
    assert_eq!(server.sign_in(NEXT, "acme").await.get(ME).await.status, StatusCode::OK);
    let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    assert_eq!(server.anonymous().post("/api/v1/auth/login", body).await.problem(), "invalid_credentials");
    server.stop().await;
}

async fn of_both_tokens_at_once_one_makes_the_change_whole(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(wants(&owner, NEXT).await.status, StatusCode::ACCEPTED);
    let tokens = [server.mailed_token(NEXT, "eml_").await, server.mailed_token(OPERATOR, "eml_").await];
    let mut race = JoinSet::new();
    for token in tokens.iter().cycle().take(10).cloned() {
        let client = server.anonymous();
        race.spawn(async move { client.post(CONFIRM, json!({ "token": token })).await });
    }
    let answers = race.join_all().await;
    let told = |effect| answers.iter().filter(|answer| answer.body["in_effect"] == effect).count();
    assert_eq!((told(false), told(true)), (1, 1), "{answers:?}");
    assert_eq!(owner.get(ME).await.body["user"]["email"], NEXT);
    server.stop().await;
}

// Attacks: 26.
async fn asking_for_an_address_tells_nothing_of_whose_it_is(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    server.member(&owner, "acme", "taken@acme.example", &[]).await;
    let database = server.stop().await;
    // Its worker sleeps, so that nothing else asks.
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__POLL_MS", "3600000")]).await;
    let owner = server.sign_in(OPERATOR, "acme").await;
    let (mut costs, mut answers) = (Vec::new(), Vec::new());
    for email in ["first@acme.example", "taken@acme.example", "free@acme.example"] {
        let before = server.scoped.meter().statements();
        let answer = wants(&owner, email).await;
        costs.push(server.scoped.meter().statements() - before);
        answers.push((answer.status, answer.body.to_string()));
    }
    assert_eq!(costs[1], costs[2]);
    assert_eq!(answers[1], answers[2]);
    server.stop().await;
}
