//! Addresses, as a client has them verified and changed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Instant;

use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, eventually, on_both_databases};
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

on_both_databases! {
    an_address_is_verified_and_then_changed_by_both_mailboxes;
    of_both_tokens_at_once_one_makes_the_change_whole;
    of_two_people_who_show_one_address_at_once_one_has_it;
    asking_for_an_address_tells_nothing_of_whose_it_is;
    nobody_floods_mailboxes_by_asking_for_addresses;
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

/// The token of a later message.
async fn another(server: &TestServer, email: &str, earlier: &str) -> String {
    let mut newest = String::new();
    eventually("a later message", async || {
        newest = server.mailed_token(email, "eml_").await;
        newest != earlier
    })
    .await;
    newest
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
    let present = another(&server, OPERATOR, &token).await;
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
    for token in tokens.into_iter().cycle().take(10) {
        let client = server.anonymous();
        race.spawn(async move { client.post(CONFIRM, json!({ "token": token })).await });
    }
    let answers = race.join_all().await;
    let told = |effect| answers.iter().filter(|answer| answer.body["in_effect"] == effect).count();
    assert_eq!((told(false), told(true)), (1, 1), "{answers:?}");
    assert_eq!(owner.get(ME).await.body["user"]["email"], NEXT);
    server.stop().await;
}

async fn of_two_people_who_show_one_address_at_once_one_has_it(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    assert_eq!(wants(&owner, NEXT).await.status, StatusCode::ACCEPTED);
    let one = server.mailed_token(NEXT, "eml_").await;
    assert_eq!(wants(&clerk, NEXT).await.status, StatusCode::ACCEPTED);
    let two = another(&server, NEXT, &one).await;
    for email in [OPERATOR, "clerk@acme.example"] {
        let present = server.mailed_token(email, "eml_").await;
        assert_eq!(shows(&server, &present).await.body["in_effect"], false);
    }
    let mut race = JoinSet::new();
    for token in [one, two] {
        let client = server.anonymous();
        race.spawn(async move { client.post(CONFIRM, json!({ "token": token })).await });
    }
    let mut answers = race.join_all().await;
    answers.sort_by_key(|answer| answer.status);
    assert_eq!(answers[0].body["in_effect"], true, "{answers:?}");
    assert_eq!(answers[1].problem(), "address_change_not_found");
    // The other one's session was not touched; the winner's is the one that asked.
    let mut addresses = Vec::new();
    for client in [&owner, &clerk] {
        addresses.push(client.get(ME).await.body["user"]["email"].as_str().unwrap().to_owned());
    }
    assert_eq!(addresses.iter().filter(|email| *email == NEXT).count(), 1, "{addresses:?}");
    server.stop().await;
}

// Attacks: 26.
async fn asking_for_an_address_tells_nothing_of_whose_it_is(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    server.member(&owner, "acme", "taken@acme.example", &[]).await;
    let database = server.stop().await;
    // Without a worker, so that nothing else asks.
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
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

async fn nobody_floods_mailboxes_by_asking_for_addresses(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__AUTH__MESSAGES_AT_ADDRESS", "3")]).await;
    let owner = server.bootstrap("acme").await;
    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    let victim = |n: u32| format!("victim{n}@elsewhere.example");
    let began = Instant::now();
    for n in 0..10 {
        assert_eq!(wants(&owner, &victim(n)).await.status, StatusCode::ACCEPTED);
        server.settle().await;
    }
    for _ in 0..10 {
        assert_eq!(wants(&clerk, &victim(0)).await.status, StatusCode::ACCEPTED);
        server.settle().await;
    }
    // After three, one comes a second later, the next two seconds after that, then four, and so on.
    let most = 3 + (began.elapsed().as_secs() + 1).ilog2() as usize;
    let sent: Vec<_> = (0..10).map(|n| server.mails(&victim(n)).len()).collect();
    assert!((2..=most).contains(&sent[0]), "one mailbox, many people: {sent:?} of {most}");
    assert!(
        (4..=2 * most).contains(&sent.iter().sum::<usize>()),
        "one person, many mailboxes: {sent:?} of twice {most}"
    );
    assert!(server.mails(OPERATOR).len() <= most);
    server.stop().await;
}
