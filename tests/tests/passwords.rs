//! Passwords, as a client changes them, and how soon that is felt.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, on_both_databases};
use reqwest::StatusCode;
use serde_json::json;

on_both_databases! {
    a_new_password_ends_every_other_session_at_the_next_request_everywhere;
}

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";
const NEXT: &str = "nine quiet rivers at dawn";

async fn changes(client: &Client, current: &str, new: &str) -> Answer {
    client.post("/api/v1/auth/password", json!({ "current_password": current, "new_password": new })).await
}

async fn signs_in(server: &TestServer, password: &str) -> Answer {
    server.anonymous().post(LOGIN, json!({ "email": OPERATOR, "password": password, "tenant": "acme" })).await
}

async fn a_new_password_ends_every_other_session_at_the_next_request_everywhere(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    // A file of SQLite has one server only.
    let other = if server.database.kind == Kind::Postgres { server.beside().await } else { server.base.clone() };
    let owner = server.bootstrap("acme").await;
    let globex = server.tenant("globex", "boss@globex.example").await;
    let invited = globex.post("/api/v1/invitations", json!({ "email": OPERATOR })).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
    let token = server.invitation_token(OPERATOR).await;
    assert!(owner.post("/api/v1/invitations/accept", json!({ "token": token })).await.status.is_success());
    let phone = signs_in(&server, PASSWORD).await;
    let ended = [
        Client::new(&other, Some(phone.text("access_token"))),
        Client::new(&other, server.sign_in(OPERATOR, "globex").await.token),
    ];
    let operator = Client::new(&other, server.operator().await.token);
    for client in &ended {
        assert_eq!(client.get(ME).await.status, StatusCode::OK);
    }
    assert_eq!(operator.get("/api/v1/platform/tenants").await.status, StatusCode::OK);

    assert_eq!(changes(&owner, "not my password at all", NEXT).await.problem(), "wrong_password");
    assert_eq!(changes(&owner, PASSWORD, "password1234").await.problem(), "invalid_password");
    for client in &ended {
        assert_eq!(client.get(ME).await.status, StatusCode::OK, "a refused change ends nothing");
    }
    assert_eq!(changes(&owner, PASSWORD, NEXT).await.status, StatusCode::NO_CONTENT);

    for client in &ended {
        assert_eq!(client.get(ME).await.problem(), "token_revoked", "at the very next request");
    }
    assert_eq!(operator.get("/api/v1/platform/tenants").await.problem(), "token_revoked");
    let renewed = json!({ "refresh_token": phone.text("refresh_token") });
    assert_eq!(server.anonymous().post("/api/v1/auth/refresh", renewed).await.problem(), "refresh_refused");
    assert_eq!(owner.get(ME).await.status, StatusCode::OK, "the session that asked goes on");
    assert_eq!(globex.get(ME).await.status, StatusCode::OK, "and so do other people's");
    assert_eq!(signs_in(&server, PASSWORD).await.problem(), "invalid_credentials");
    assert_eq!(signs_in(&server, NEXT).await.status, StatusCode::OK);
    let told = owner.get("/api/v1/audit-events?action=password.changed").await;
    assert_eq!(told.body["data"].as_array().map(Vec::len), Some(1), "{told:?}");
}
