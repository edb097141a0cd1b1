//! Passwords, as a client changes them, and how soon that is felt.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use cotenant_domain::Deps;
use cotenant_domain::identity::{Login, login};
use cotenant_domain::shared::Fault;
use cotenant_domain::tenancy::Origin;
use cotenant_infrastructure::{ProcessThrottle, ThrottleLimits};
use cotenant_testkit::fakes::FixedClock;
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, eventually, on_both_databases};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

on_both_databases! {
    a_new_password_ends_every_other_session_at_the_next_request_everywhere;
    a_forgotten_password_is_set_anew_by_mail;
    of_many_uses_of_one_token_at_once_one_sets_a_password;
    asking_for_a_reset_costs_and_tells_the_same_whoever_it_is_for;
    guessing_is_slowed_down_the_same_whoever_it_is_for;
}

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";
const RESETS: &str = "/api/v1/auth/password-resets";
const CONFIRM: &str = "/api/v1/auth/password-resets/confirm";
const NEXT: &str = "nine quiet rivers at dawn";

async fn changes(client: &Client, current: &str, new: &str) -> Answer {
    client.post("/api/v1/auth/password", json!({ "current_password": current, "new_password": new })).await
}

async fn signs_in(server: &TestServer, password: &str) -> Answer {
    server.anonymous().post(LOGIN, json!({ "email": OPERATOR, "password": password, "tenant": "acme" })).await
}

// Attacks: 19.
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

async fn forgets(server: &TestServer) -> String {
    let asked = server.anonymous().post(RESETS, json!({ "email": OPERATOR })).await;
    assert_eq!((asked.status, asked.raw.as_str()), (StatusCode::ACCEPTED, ""), "{asked:?}");
    server.mailed_token(OPERATOR, "rpw_").await
}

async fn confirms(server: &TestServer, token: &str, new: &str) -> Answer {
    server.anonymous().post(CONFIRM, json!({ "token": token, "new_password": new })).await
}

async fn a_forgotten_password_is_set_anew_by_mail(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let token = forgets(&server).await;
    assert_eq!(confirms(&server, &token, "password1234").await.problem(), "invalid_password");
    assert_eq!(confirms(&server, &format!("rpw_{}", "0".repeat(64)), NEXT).await.problem(), "reset_not_found");
    assert_eq!(owner.get(ME).await.status, StatusCode::OK, "nothing has ended yet");
    assert_eq!(confirms(&server, &token, NEXT).await.status, StatusCode::NO_CONTENT);
    assert_eq!(owner.get(ME).await.problem(), "token_revoked");
    assert_eq!(operator.get("/api/v1/platform/tenants").await.problem(), "token_revoked");
    assert_eq!(confirms(&server, &token, PASSWORD).await.problem(), "reset_not_found", "it was used");
    assert_eq!(signs_in(&server, PASSWORD).await.problem(), "invalid_credentials");
    assert_eq!(signs_in(&server, NEXT).await.status, StatusCode::OK);
    let told = || server.mails(OPERATOR).iter().any(|mail| mail.contains("Subject: Your password was changed"));
    eventually("the person is told", async || told()).await;
}

async fn of_many_uses_of_one_token_at_once_one_sets_a_password(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")]).await;
    server.bootstrap("acme").await;
    let token = forgets(&server).await;
    let mut race = JoinSet::new();
    for n in 0..8 {
        let (client, new) = (server.anonymous(), format!("nine quiet rivers at dawn {n}"));
        let body = json!({ "token": token, "new_password": new });
        race.spawn(async move { (new, client.post(CONFIRM, body).await) });
    }
    let (won, lost): (Vec<_>, Vec<_>) = race.join_all().await.into_iter().partition(|(_, a)| a.status.is_success());
    assert_eq!(won.len(), 1, "{won:?}");
    assert!(lost.iter().all(|(_, answer)| answer.problem() == "reset_not_found"), "{lost:?}");
    assert_eq!(signs_in(&server, &won[0].0).await.status, StatusCode::OK);
}

/// The answers, and what went to the database until each was given. There is no worker: what it asks is nobody's answer.
// Attacks: 26.
async fn asking_for_a_reset_costs_and_tells_the_same_whoever_it_is_for(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    server.bootstrap("acme").await;
    let mut told = Vec::new();
    for email in [OPERATOR, "nobody@acme.example", OPERATOR, "nobody@acme.example"] {
        let before = (server.scoped.meter().statements(), server.scoped.meter().round_trips());
        let (headers, body) = ([("X-Request-Id", "probe")], json!({ "email": email }).to_string());
        let mut answer = server.anonymous().send(Method::POST, RESETS, &headers, Some(body)).await;
        answer.headers.remove("date");
        let after = (server.scoped.meter().statements(), server.scoped.meter().round_trips());
        told.push((answer.status, answer.headers, answer.raw, after.0 - before.0, after.1 - before.1));
    }
    assert!(told.iter().all(|each| *each == told[0]), "{told:?}");
    assert_eq!((told[0].0, told[0].3), (StatusCode::ACCEPTED, 2), "a row and a job");
    server.stop().await;
}

/// What each guess of a row is answered, and how many statements that costs.
// Attacks: 26.
async fn guessing_is_slowed_down_the_same_whoever_it_is_for(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    server.bootstrap("acme").await;
    let limits = ThrottleLimits { pair: 3, client: 100, account: 100, messages: 1 };
    let clock = Arc::new(FixedClock::new());
    let throttle = Arc::new(ProcessThrottle::new(limits, clock.clone()));
    let deps = Deps { throttle, ..server.deps.clone() };
    let mut told = Vec::new();
    for email in [OPERATOR, "nobody@acme.example"] {
        let mut answers = Vec::new();
        for guess in 0..6 {
            let before = server.scoped.meter().statements();
            let email = email.parse().unwrap();
            let cmd = Login { email, password: "not the password of anybody".into(), tenant: None };
            let refused = login(&deps, &Origin::default(), cmd).await.unwrap_err();
            answers.push((refused.code(), refused.wait(), server.scoped.meter().statements() - before));
            if guess == 4 {
                clock.advance(time::Duration::SECOND);
            }
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1]);
    let codes: Vec<&str> = told[0].iter().map(|(code, ..)| *code).collect();
    let (wrong, later) = ("invalid_credentials", "too_many_attempts");
    assert_eq!(codes, [wrong, wrong, wrong, later, later, wrong]);
    assert_eq!((told[0][3].1, told[0][3].2), (Some(time::Duration::SECOND), 0));
    server.stop().await;
}
