//! What a plan allows a tenant to have: refused beyond, whatever comes at once, and counted right.

use cotenant_tests::server::PASSWORD;
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinSet;

on_both_databases! {
    a_tenant_has_as_much_as_its_plan_allows_and_is_told_where_it_stands;
    of_many_who_come_at_once_no_more_are_let_in_than_there_is_room_for;
}

const STORES: &str = "/api/v1/stores";
const ACCOUNTS: &str = "/api/v1/service-accounts";
const USAGE: &str = "/api/v1/tenant/usage";
const PLANS: [(&str, &str); 2] = [
    ("COTENANT__PLANS__DEFAULT", "free"),
    ("COTENANT__PLANS__OFFERED", "standard, free stores=3 members=2 service_accounts=1"),
];

async fn open(owner: &Client, code: &str) -> Answer {
    owner.post(STORES, json!({ "name": code, "code": code, "currency": "KES" })).await
}

fn is_full(answer: &Answer, resource: &str, limit: u32) {
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "quota_exceeded"), "{answer:?}");
    let told = ["resource", "limit", "used"].map(|name| answer.body[name].clone());
    assert_eq!(told, [json!(resource), json!(limit), json!(limit)]);
}

async fn a_tenant_has_as_much_as_its_plan_allows_and_is_told_where_it_stands(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PLANS).await;
    let owner = server.bootstrap("acme").await;
    let globex = server.tenant("globex", "boss@globex.example").await;
    for code in ["A", "B", "C"] {
        assert_eq!(open(&globex, code).await.status, StatusCode::CREATED, "another tenant's");
    }
    let first = open(&owner, "A").await;
    for code in ["B", "C"] {
        assert_eq!(open(&owner, code).await.status, StatusCode::CREATED);
    }
    is_full(&open(&owner, "D").await, "stores", 3);
    let store = format!("{STORES}/{}", first.id());
    assert_eq!(owner.delete(&store).await.status, 200);
    assert_eq!(open(&owner, "D").await.status, StatusCode::CREATED, "what is deleted does not count");
    is_full(&owner.act(&format!("{store}/restore")).await, "stores", 3);

    let account = owner.post(ACCOUNTS, json!({ "name": "Till" })).await;
    assert_eq!(account.status, StatusCode::CREATED);
    is_full(&owner.post(ACCOUNTS, json!({ "name": "Scale" })).await, "service_accounts", 1);
    assert_eq!(owner.delete(&format!("{ACCOUNTS}/{}", account.id())).await.status, 200);
    assert_eq!(owner.post(ACCOUNTS, json!({ "name": "Scale" })).await.status, StatusCode::CREATED);

    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    let invite = json!({ "email": "late@acme.example" });
    is_full(&owner.post("/api/v1/invitations", invite.clone()).await, "members", 2);
    let me = clerk.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned();
    assert!(owner.delete(&format!("/api/v1/members/{me}")).await.status.is_success());
    assert_eq!(owner.post("/api/v1/invitations", invite).await.status, StatusCode::CREATED, "who was removed is none");

    let usage = owner.get(USAGE).await;
    let full = |limit| json!({ "limit": limit, "used": limit });
    let expected = json!({
        "plan": "free", "rate_percent": 100, "stores": full(3), "members": { "limit": 2, "used": 1 },
        "service_accounts": full(1)
    });
    assert_eq!((usage.status.as_u16(), usage.body), (200, expected));
    let tenant = format!("/api/v1/platform/tenants/{}", owner.get("/api/v1/tenant").await.id());
    let operator = server.operator().await;
    assert_eq!(operator.patch(&tenant, json!({ "plan": "standard" })).await.status, 200);
    assert_eq!(open(&owner, "E").await.status, StatusCode::CREATED, "a larger plan counts at once");
    assert_eq!(operator.patch(&tenant, json!({ "plan": "free" })).await.status, 200);
    let usage = owner.get(USAGE).await;
    assert_eq!(usage.body["stores"], json!({ "limit": 3, "used": 4 }), "a smaller one takes nothing away");
    assert_eq!(open(&owner, "F").await.body["used"], 4);
    server.stop().await;
}

/// How many answers have this status; the others are refused for want of room.
fn made(answers: &[Answer], status: StatusCode) -> usize {
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == status);
    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (409, "quota_exceeded"), "{answer:?}");
    }
    made.len()
}

async fn of_many_who_come_at_once_no_more_are_let_in_than_there_is_room_for(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PLANS).await;
    let owner = server.bootstrap("acme").await;
    // A file of SQLite has one server.
    let is_shared = server.database.kind == Kind::Postgres;
    let other = if is_shared { server.beside_with(&PLANS).await } else { server.base.clone() };
    let there = Client::new(&other, owner.token.clone());
    let store = |n: usize| json!({ "name": "Town", "code": format!("S{n}"), "currency": "KES" });
    let opened = at_once(&[&owner, &there], STORES, (0..12).map(store)).await;
    assert_eq!(made(&opened, StatusCode::CREATED), 3);
    let account = |n: usize| json!({ "name": format!("Till {n}") });
    let accounts = at_once(&[&owner, &there], ACCOUNTS, (0..6).map(account)).await;
    assert_eq!(made(&accounts, StatusCode::CREATED), 1);

    let mut tokens = Vec::new();
    for n in 0..4 {
        let email = format!("clerk{n}@acme.example");
        let invited = owner.post("/api/v1/invitations", json!({ "email": email })).await;
        assert_eq!(invited.status, StatusCode::CREATED, "there is room for one of them: {invited:?}");
        tokens.push(server.invitation_token(&email).await);
    }
    let nobody = [&Client::new(&other, None), &server.anonymous()];
    let accept = |token: &String| json!({ "token": token, "display_name": "Clerk", "password": PASSWORD });
    let accepted = at_once(&nobody, "/api/v1/invitations/accept", tokens.iter().map(accept)).await;
    assert_eq!(made(&accepted, StatusCode::OK), 1);
    let used = |name: &str, usage: &Answer| usage.body[name]["used"].as_u64().unwrap();
    let usage = owner.get(USAGE).await;
    assert_eq!(["stores", "members", "service_accounts"].map(|name| used(name, &usage)), [3, 2, 1]);
    server.stop().await;
}

/// The answers to requests that are all under way together, at each server in turn.
async fn at_once(clients: &[&Client], path: &'static str, bodies: impl Iterator<Item = Value>) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for (body, client) in bodies.zip(clients.iter().cycle()) {
        let client = (*client).clone();
        requests.spawn(async move { client.post(path, body).await });
    }
    requests.join_all().await
}
