//! A client that loses answers: what it sends again under a key is done once, whichever server it reaches.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::server::OPERATOR;
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

on_both_databases! {
    a_lost_answer_is_told_by_another_server;
    of_many_at_once_one_is_done_and_all_are_answered_alike;
    a_refused_request_keeps_nothing_and_a_corrected_one_has_the_key;
    a_right_that_was_taken_is_missed_by_a_replay_as_well;
    a_key_means_nothing_to_anybody_else;
    a_program_and_support_are_known_to_have_been_there_when_they_ask_again;
}

const STORES: &str = "/api/v1/stores";

fn store(code: &str) -> Value {
    json!({ "name": "Mombasa Road", "code": code, "currency": "KES" })
}

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(Method::POST, path, &[("Idempotency-Key", key)], Some(body.to_string())).await
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

/// The same person at another server; a file of SQLite has one.
async fn elsewhere(server: &TestServer, owner: &Client) -> Client {
    match server.database.kind {
        Kind::Postgres => Client::new(&server.beside().await, owner.token.clone()),
        Kind::Sqlite => owner.clone(),
    }
}

async fn many(client: &Client, path: &str) -> usize {
    client.get(path).await.body["data"].as_array().unwrap().len()
}

async fn a_lost_answer_is_told_by_another_server(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let elsewhere = elsewhere(&server, &owner).await;
    let first = post(&owner, STORES, "k", &store("A")).await;
    assert!(first.status == 201 && !is_replay(&first), "{first:?}");
    let path = first.headers["location"].to_str().unwrap();
    assert_eq!(owner.patch(path, json!({ "name": "Ngong Road" })).await.status, 200);
    let again = post(&elsewhere, STORES, "k", &store("A")).await;
    assert!(is_replay(&again), "{again:?}");
    assert_eq!((again.status, &again.raw), (first.status, &first.raw), "as it was answered then");
    assert_eq!(
        (&again.headers["etag"], &again.headers["location"]),
        (&first.headers["etag"], &first.headers["location"])
    );
    let other = post(&elsewhere, STORES, "k", &store("B")).await;
    assert_eq!((other.status.as_u16(), other.problem().as_str()), (422, "idempotency_key_reused"));
    assert_eq!(many(&owner, STORES).await, 1);
    server.stop().await;
}

async fn of_many_at_once_one_is_done_and_all_are_answered_alike(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let elsewhere = elsewhere(&server, &owner).await;
    // Without an id of the client's own and without anything that is unique: nothing but the key keeps them from being many.
    let invitation = json!({ "email": "guest@acme.example" });
    let path = "/api/v1/invitations";
    let mut race = JoinSet::new();
    for client in [owner.clone(), elsewhere].into_iter().cycle().take(8) {
        let invitation = invitation.clone();
        race.spawn(async move { post(&client, path, "k", &invitation).await });
    }
    let answers = race.join_all().await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.raw), (201, &answers[0].raw), "{answer:?}");
    }
    assert_eq!(answers.iter().filter(|answer| !is_replay(answer)).count(), 1);
    assert_eq!(many(&owner, path).await, 1);
    server.stop().await;
}

async fn a_refused_request_keeps_nothing_and_a_corrected_one_has_the_key(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(post(&owner, STORES, "a", &store("A")).await.status, 201);
    let before = server.database.rows().await;
    let taken = post(&owner, STORES, "b", &store("A")).await;
    assert_eq!((taken.status.as_u16(), taken.problem().as_str()), (409, "code_taken"));
    assert_eq!(server.database.rows().await, before);
    let corrected = post(&owner, STORES, "b", &store("B")).await;
    assert!(corrected.status == 201 && !is_replay(&corrected), "{corrected:?}");
    server.stop().await;
}

async fn a_right_that_was_taken_is_missed_by_a_replay_as_well(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let role = json!({ "name": "Opener", "permissions": ["stores.create"] });
    let role = post(&owner, "/api/v1/roles", "k", &role).await.id();
    let opener = server.member(&owner, "acme", "opener@acme.example", &[&role]).await;
    let first = post(&opener, STORES, "k", &store("A")).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert!(is_replay(&post(&opener, STORES, "k", &store("A")).await));
    assert_eq!(owner.patch(&format!("/api/v1/roles/{role}"), json!({ "permissions": [] })).await.status, 200);
    let refused = post(&opener, STORES, "k", &store("A")).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "forbidden"));
    assert!(!refused.raw.contains(&first.id()));
    assert_eq!(many(&owner, "/api/v1/audit-events?action=access.refused").await, 1, "and it is recorded");
    server.stop().await;
}

/// Whoever can be somebody: members, a person of two tenants, programs, and an operator under two grants and as such.
// Attacks: 14.
async fn a_key_means_nothing_to_anybody_else(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let stranger = server.tenant("globex", "hank@globex.example").await;
    let operator = server.operator().await;
    let mut all = vec![owner.clone(), stranger.clone()];
    let opener = json!({ "name": "Opener", "permissions": ["stores.create", "stores.read"] });
    let role = owner.post("/api/v1/roles", opener.clone()).await.id();
    all.push(server.member(&owner, "acme", "opener@acme.example", &[&role]).await);
    // The owner of the one tenant is a member of the other, too: the same person.
    let role_there = stranger.post("/api/v1/roles", opener).await.id();
    let invitation = json!({ "email": OPERATOR, "role_ids": [role_there] });
    assert_eq!(stranger.post("/api/v1/invitations", invitation).await.status, 201);
    let token = server.invitation_token(OPERATOR).await;
    assert_eq!(owner.post("/api/v1/invitations/accept", json!({ "token": token })).await.status, 200);
    all.push(server.sign_in(OPERATOR, "globex").await);
    for name in ["Till", "Scale"] {
        let account = owner.post("/api/v1/service-accounts", json!({ "name": name })).await.id();
        let account = format!("/api/v1/service-accounts/{account}");
        assert_eq!(owner.put(&format!("{account}/roles/{role}")).await.status, 200);
        let key = owner.post(&format!("{account}/keys"), json!({ "name": name })).await.text("key");
        all.push(Client::new(&server.base, Some(key)));
    }
    let tenant = owner.get("/api/v1/tenant").await.id();
    let grants = format!("/api/v1/platform/tenants/{tenant}/support-grants");
    for reason in ["Ticket 4711", "Ticket 4712"] {
        let grant = json!({ "reason": reason, "may_write": true });
        all.push(Client::new(&server.base, Some(operator.post(&grants, grant).await.text("token"))));
    }

    let mut told = Vec::new();
    for (n, client) in all.iter().enumerate() {
        let first = post(client, STORES, "k", &store(&format!("S-{n}"))).await;
        assert!(first.status == 201 && !is_replay(&first), "{n}: {first:?}");
        told.push(first);
    }
    for (n, client) in all.iter().enumerate() {
        let again = post(client, STORES, "k", &store(&format!("S-{n}"))).await;
        assert!(is_replay(&again) && again.raw == told[n].raw, "{n}: {again:?}");
        for other in (0..all.len()).filter(|other| *other != n) {
            let asked = post(client, STORES, "k", &store(&format!("S-{other}"))).await;
            assert_eq!(asked.problem(), "idempotency_key_reused", "{n} asks as {other}: {asked:?}");
            assert!(!asked.raw.contains(&told[other].id()));
        }
    }
    let body = json!({ "name": "Initech", "slug": "initech", "owner_email": "bill@initech.example" });
    let made = post(&operator, "/api/v1/platform/tenants", "k", &body).await;
    assert!(made.status == 201 && !is_replay(&made), "{made:?}");
    server.stop().await;
}

/// A replay does nothing, but whoever asks for it comes in, and leaves the trace that anybody does.
async fn a_program_and_support_are_known_to_have_been_there_when_they_ask_again(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let tenant = owner.get("/api/v1/tenant").await.id();
    let grant = json!({ "reason": "Ticket 4711", "may_write": true });
    let grant = operator.post(&format!("/api/v1/platform/tenants/{tenant}/support-grants"), grant).await;
    let support = Client::new(&server.base, Some(grant.text("token")));
    assert_eq!(post(&support, STORES, "k", &store("A")).await.status, 201);
    let used = "/api/v1/audit-events?action=support_grant.used";
    assert_eq!(many(&owner, used).await, 1, "the answer waits for it");
    let opened = "/api/v1/audit-events?action=store.opened";
    // Another server knows nothing of the first use, and notes its own.
    let elsewhere = elsewhere(&server, &support).await;
    assert!(is_replay(&post(&elsewhere, STORES, "k", &store("A")).await));
    assert_eq!(many(&owner, opened).await, 1);
    let listed = owner.get("/api/v1/support-grants").await;
    assert!(listed.body["data"][0]["last_used_at"].is_string(), "{listed:?}");
    let refused = post(&support, "/api/v1/roles", "k", &json!({ "name": "Buyer", "permissions": [] })).await;
    assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "forbidden"), "{refused:?}");
    assert_eq!(many(&owner, "/api/v1/audit-events?action=access.refused").await, 1);
    server.stop().await;
}
