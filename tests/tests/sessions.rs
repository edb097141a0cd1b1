//! Staying signed in, as a client does it, and how soon what ends a session is felt.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, Instant};

use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, on_both_databases, prove};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

on_both_databases! {
    a_client_stays_signed_in_and_looks_after_its_sessions;
    of_many_refreshes_at_once_all_get_one_successor;
    a_token_shown_late_ends_the_session_for_everybody;
}

const LOGIN: &str = "/api/v1/auth/login";
const REFRESH: &str = "/api/v1/auth/refresh";
const SESSIONS: &str = "/api/v1/auth/sessions";

/// A client that says what it is.
async fn signs_in(server: &TestServer, agent: &str) -> Answer {
    let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let headers = [("User-Agent", agent)];
    let answer = server.anonymous().send(Method::POST, LOGIN, &headers, Some(body.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer
}

async fn renews(server: &TestServer, token: &str) -> Answer {
    server.anonymous().post(REFRESH, json!({ "refresh_token": token })).await
}

async fn a_client_stays_signed_in_and_looks_after_its_sessions(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (phone, tablet) = (signs_in(&server, "Phone").await, signs_in(&server, "Tablet").await);
    let renewed = renews(&server, &phone.text("refresh_token")).await;
    assert_eq!(renewed.status, StatusCode::OK, "{renewed:?}");
    assert_ne!(renewed.text("refresh_token"), phone.text("refresh_token"));
    assert_eq!((&renewed.body["user"], &renewed.body["tenant"]), (&phone.body["user"], &phone.body["tenant"]));
    let phone = server.signed_in(renewed);

    let listed = phone.get(&format!("{SESSIONS}?limit=2")).await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(2), "{listed:?}");
    let rest = phone.get(&format!("{SESSIONS}?limit=2&cursor={}", listed.text("next_cursor"))).await;
    let mut sessions = listed.body["data"].as_array().unwrap().clone();
    sessions.extend(rest.body["data"].as_array().unwrap().clone());
    let current: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!((sessions.len(), current.len()), (3, 1), "{sessions:?}");
    assert!(sessions.iter().all(|session| session["address"] == "127.0.0.1"), "{sessions:?}");
    let tablets = sessions.iter().find(|session| session["agent"] == "Tablet").unwrap();

    let path = format!("{SESSIONS}/{}", tablets["id"].as_str().unwrap());
    assert_eq!(phone.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(phone.delete(&path).await.problem(), "not_found");
    assert_eq!(renews(&server, &tablet.text("refresh_token")).await.problem(), "refresh_refused");
    assert_eq!(server.signed_in(tablet).get("/api/v1/auth/me").await.problem(), "token_revoked");

    assert_eq!(phone.delete(SESSIONS).await.status, StatusCode::NO_CONTENT);
    assert_eq!(owner.get("/api/v1/auth/me").await.problem(), "token_revoked");
    assert_eq!(phone.get(SESSIONS).await.body["data"].as_array().map(Vec::len), Some(1));

    let operator = json!({ "email": OPERATOR, "password": PASSWORD, "platform": true });
    let operator = server.anonymous().post(LOGIN, operator).await;
    assert_eq!((operator.status, operator.body.get("refresh_token")), (StatusCode::OK, None), "operators sign in anew");
}

// Attacks: 22.
async fn of_many_refreshes_at_once_all_get_one_successor(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")]).await;
    server.bootstrap("acme").await;
    let many = prove::times(20, 50) as usize;
    let mut token = signs_in(&server, "Browser").await.text("refresh_token");
    for _ in 0..prove::times(2, 10) {
        let mut race = JoinSet::new();
        for _ in 0..many {
            let (client, body) = (server.anonymous(), json!({ "refresh_token": token }));
            race.spawn(async move { client.post(REFRESH, body).await });
        }
        let mut answers = race.join_all().await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "{answers:?}");
        answers.dedup_by_key(|answer| answer.text("refresh_token"));
        assert_eq!(answers.len(), 1, "one successor");
        token = answers[0].text("refresh_token");
    }
    let races = [("races", prove::times(2, 10)), ("refreshes each", many as u64), ("second successors", 0)];
    prove::figures("race of refreshes", &format!("{:?}", server.database.kind), &races);
}

// Attacks: 22.
async fn a_token_shown_late_ends_the_session_for_everybody(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__AUTH__REFRESH_GRACE_SECONDS", "0")]).await;
    let owner = server.bootstrap("acme").await;
    let stolen = signs_in(&server, "Browser").await;
    let renewed = renews(&server, &stolen.text("refresh_token")).await;
    assert_eq!(renews(&server, &stolen.text("refresh_token")).await.problem(), "refresh_refused");
    assert_eq!(renews(&server, &renewed.text("refresh_token")).await.problem(), "refresh_refused");
    assert_eq!(server.signed_in(renewed).get("/api/v1/auth/me").await.problem(), "token_revoked");
    let told = owner.get("/api/v1/audit-events?action=session.token_reused").await;
    assert_eq!(told.body["data"].as_array().map(Vec::len), Some(1), "{told:?}");
}

/// A change made at one server, and the time until another one, asked without a pause, has felt it. A file of SQLite has
/// one server only.
// Attacks: 19.
#[actix_web::test]
async fn what_is_taken_at_one_server_is_felt_at_the_next_request_of_another() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let server = TestServer::start(database).await;
    let other = server.beside().await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let role = owner.post("/api/v1/roles", json!({ "name": "Clerk", "permissions": ["stores.read"] })).await.id();
    let tenant = owner.get("/api/v1/tenant").await.id();
    let mut slowest = Duration::ZERO;
    for (n, what) in ["role taken", "signed out", "suspended", "removed", "tenant suspended"].into_iter().enumerate() {
        let email = format!("clerk-{n}@acme.example");
        let clerk = server.member(&owner, "acme", &email, &[&role]).await;
        let user = clerk.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned();
        let member = format!("/api/v1/members/{user}");
        let (by, method, path, body, problem) = match what {
            "role taken" => (&owner, Method::DELETE, format!("{member}/roles/{role}"), None, "forbidden"),
            "signed out" => (&clerk, Method::POST, "/api/v1/auth/logout".into(), None, "token_revoked"),
            "suspended" => (&owner, Method::PATCH, member, Some(json!({ "status": "suspended" })), "token_revoked"),
            "removed" => (&owner, Method::DELETE, member, None, "token_revoked"),
            _ => {
                let path = format!("/api/v1/platform/tenants/{tenant}/suspend");
                (&operator, Method::POST, path, Some(json!({ "reason": "unpaid" })), "tenant_suspended")
            }
        };
        let there = Client::new(&other, clerk.token.clone());
        assert_eq!(there.get("/api/v1/stores").await.status, StatusCode::OK, "{what}: remembered there");
        let done = by.send(method, &path, &[], body.map(|body| body.to_string())).await;
        assert!(done.status.is_success(), "{what}: {done:?}");
        let since = Instant::now();
        let felt = there.get("/api/v1/stores").await;
        assert_eq!(felt.problem(), problem, "{what}: at the very next request");
        slowest = slowest.max(since.elapsed());
    }
    let figures = [("ways to lose rights", 5), ("ms at most", slowest.as_millis() as u64), ("late", 0)];
    prove::figures("revocation at another server", &format!("{:?}", server.database.kind), &figures);
}
