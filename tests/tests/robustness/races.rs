//! Requests that arrive together and cannot all win.

use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, on_both_databases, prove};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

on_both_databases! {
    of_many_bootstraps_one_begins;
    of_many_acceptances_of_an_invitation_one_enters;
    of_two_last_owners_who_act_on_each_other_one_stays;
    of_identical_creates_one_is_made;
    of_restores_that_want_the_same_name_one_gets_it;
    of_switches_with_one_token_one_begins_a_session;
    a_slug_changes_while_others_write;
}

/// How often each race is run.
fn rounds() -> usize {
    prove::times(5, 25) as usize
}

/// Nobody shall fail for want of a connection on a slow machine.
const PATIENT: [(&str, &str); 1] = [("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")];

/// Sends requests together; their answers, by status.
async fn together(requests: Vec<(Client, Method, String, Option<Value>)>) -> Vec<Answer> {
    let mut race = JoinSet::new();
    for (client, method, path, body) in requests {
        race.spawn(async move { client.send(method, &path, &[], body.map(|body| body.to_string())).await });
    }
    let mut answers = race.join_all().await;
    answers.sort_by_key(|answer| answer.status);
    answers
}

/// Each race had exactly one winner, or its test has failed.
fn told(race: &str, server: &TestServer, races: usize) {
    let told = [("races", races as u64), ("double effects", 0)];
    prove::figures(race, &format!("{:?}", server.database.kind), &told);
}

/// How many rows a table has, whoever may see them.
async fn count(server: &TestServer, table: &str) -> usize {
    server.database.rows().await[table].lines().count()
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    answers.iter().map(|answer| answer.status.as_u16()).collect()
}

// Attacks: 24.
async fn of_many_bootstraps_one_begins(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let attempt = |n: usize| {
        let body = json!({
            "secret": BOOTSTRAP_SECRET, "email": format!("first-{n}@cotenant.example"), "password": PASSWORD,
            "display_name": "First", "tenant": { "name": format!("Tenant {n}"), "slug": format!("tenant-{n}") }
        });
        (server.anonymous(), Method::POST, "/api/v1/bootstrap".to_owned(), Some(body))
    };
    let many = prove::times(30, 100) as usize;
    let answers = together((0..many).map(attempt).collect()).await;
    let mut expected = vec![201];
    expected.resize(many, 404);
    assert_eq!(statuses(&answers), expected, "{answers:?}");
    // The winner is there, whole, and nobody else; and nothing is left of the others.
    for table in ["bootstrap", "operators", "tenants", "users", "credentials", "tenant_users", "user_roles"] {
        assert_eq!(count(&server, table).await, 1, "{table}");
    }
    let winner = &answers[0].body;
    let email = winner["user"]["email"].as_str().unwrap();
    let body = json!({ "email": email, "password": PASSWORD, "platform": true });
    let operator = server.signed_in(server.anonymous().post("/api/v1/auth/login", body).await);
    let tenants = operator.get("/api/v1/platform/tenants").await;
    let tenants = tenants.body["data"].as_array().unwrap();
    assert_eq!(tenants.len(), 1, "{tenants:?}");
    assert_eq!(tenants[0]["slug"], winner["tenant"]["slug"]);
    let owner = server.sign_in(email, tenants[0]["slug"].as_str().unwrap()).await;
    assert_eq!(owner.get("/api/v1/members").await.body["data"].as_array().unwrap().len(), 1);
    told("race of bootstraps", &server, 1);
    server.stop().await;
}

// Attacks: 25.
async fn of_many_acceptances_of_an_invitation_one_enters(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let owner = server.bootstrap("acme").await;
    let invited = owner.post("/api/v1/invitations", json!({ "email": "bea@acme.example" })).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
    let token = server.invitation_token("bea@acme.example").await;
    let attempt = |n: usize| {
        let body = json!({ "token": token, "display_name": format!("Bea {n}"), "password": PASSWORD });
        (server.anonymous(), Method::POST, "/api/v1/invitations/accept".to_owned(), Some(body))
    };
    let answers = together((0..prove::times(20, 50) as usize).map(attempt).collect()).await;
    let (won, lost) = answers.split_at(1);
    assert!(won[0].status.is_success(), "{answers:?}");
    // Who comes late meets a closed invitation, or an address that has an account meanwhile.
    for answer in lost {
        assert!(matches!(answer.status.as_u16(), 404 | 409), "{answer:?}");
    }
    let members = owner.get("/api/v1/members?q=bea").await;
    assert_eq!(members.body["data"].as_array().unwrap().len(), 1, "{members:?}");
    server.sign_in("bea@acme.example", "acme").await;
    told("race of acceptances", &server, 1);
    server.stop().await;
}

// Attacks: 23.
async fn of_two_last_owners_who_act_on_each_other_one_stays(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let mut last = server.bootstrap("acme").await;
    let roles = last.get("/api/v1/roles").await;
    let role = roles.body["data"].as_array().unwrap().iter().find(|role| role["system"] == "owner").unwrap();
    let role = role["id"].as_str().unwrap().to_owned();
    for round in 0..2 * rounds() {
        let email = format!("owner-{round}@acme.example");
        let newcomer = server.member(&last, "acme", &email, &[&role]).await;
        let (one, other) = (own_id(&last).await, own_id(&newcomer).await);
        let act = |client: &Client, user: &str| match round % 3 {
            0 => (client.clone(), Method::DELETE, format!("/api/v1/members/{user}"), None),
            1 => {
                let body = Some(json!({ "status": "suspended" }));
                (client.clone(), Method::PATCH, format!("/api/v1/members/{user}"), body)
            }
            _ => (client.clone(), Method::DELETE, format!("/api/v1/members/{user}/roles/{role}"), None),
        };
        let answers = together(vec![act(&last, &other), act(&newcomer, &one)]).await;
        let (won, lost) = (&answers[0], &answers[1]);
        assert!(won.status.is_success() && lost.status.is_client_error(), "{answers:?}");
        let members = active_members(&last, &newcomer).await;
        let owners = members.iter().filter(|member| member["roles"].as_array().unwrap().contains(&json!(role)));
        let owners: Vec<_> = owners.map(|member| member["user_id"].as_str().unwrap()).collect();
        assert_eq!(owners.len(), 1, "{members:?}");
        last = if owners[0] == one { last } else { newcomer };
    }
    told("race of last owners", &server, 2 * rounds());
    server.stop().await;
}

async fn own_id(client: &Client) -> String {
    client.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned()
}

/// Whichever of the two can still see them tells.
async fn active_members(one: &Client, other: &Client) -> Vec<Value> {
    for client in [one, other] {
        let list = client.get("/api/v1/members?status=active&limit=100").await;
        if list.status == StatusCode::OK {
            return list.body["data"].as_array().unwrap().clone();
        }
    }
    panic!("nobody is left who can see the members");
}

// Attacks: 7.
async fn of_identical_creates_one_is_made(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let owner = server.bootstrap("acme").await;
    let shop = owner.post("/api/v1/stores", store("Shop", "SHOP")).await.id();
    for round in 0..rounds() {
        let products = format!("/api/v1/stores/{shop}/products");
        let product =
            json!({ "sku": format!("SKU-{round}"), "name": "Tea", "price_minor": 100, "currency": "KES", "stock": 1 });
        let role = json!({ "name": format!("Clerk {round}"), "permissions": ["stores.read"] });
        for (table, path, body) in [
            ("stores", "/api/v1/stores", store("Town", &format!("T-{round}"))),
            ("roles", "/api/v1/roles", role),
            ("products", products.as_str(), product),
        ] {
            let attempt = || (owner.clone(), Method::POST, path.to_owned(), Some(body.clone()));
            let before = (count(&server, table).await, count(&server, "audit_events").await);
            let answers = together(vec![attempt(), attempt()]).await;
            assert_eq!(statuses(&answers), [201, 409], "{answers:?}");
            let after = (count(&server, table).await, count(&server, "audit_events").await);
            assert_eq!(after, (before.0 + 1, before.1 + 1), "{table}, and what the log tells of it");
        }
    }
    told("race of identical creates", &server, 3 * rounds());
    server.stop().await;
}

async fn of_restores_that_want_the_same_name_one_gets_it(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let owner = server.bootstrap("acme").await;
    let shop = owner.post("/api/v1/stores", store("Shop", "SHOP")).await.id();
    let products = format!("/api/v1/stores/{shop}/products");
    for round in 0..rounds() {
        let product =
            json!({ "sku": format!("SKU-{round}"), "name": "Tea", "price_minor": 100, "currency": "KES", "stock": 1 });
        for (list, body) in [("/api/v1/stores", store("Town", &format!("T-{round}"))), (products.as_str(), product)] {
            let paths = [deleted(&owner, list, &body).await, deleted(&owner, list, &body).await];
            let restore = |path: &String| (owner.clone(), Method::POST, format!("{path}/restore"), None);
            let answers = together(paths.iter().map(restore).collect()).await;
            assert_eq!(statuses(&answers), [200, 409], "{answers:?}");
            let live = [owner.get(&paths[0]).await.status, owner.get(&paths[1]).await.status];
            assert_eq!(live.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{live:?}");
            // And of restores of one and the same thing, one brings it back.
            let path = paths[usize::from(live[1] == StatusCode::OK)].clone();
            assert_eq!(owner.delete(&path).await.status, StatusCode::OK);
            let answers = together((0..4).map(|_| restore(&path)).collect()).await;
            assert_eq!(statuses(&answers), [200, 409, 409, 409], "{answers:?}");
        }
    }
    told("race of restores", &server, 4 * rounds());
    server.stop().await;
}

fn store(name: &str, code: &str) -> Value {
    json!({ "name": name, "code": code, "currency": "KES" })
}

/// The path of something that was made and deleted.
async fn deleted(owner: &Client, list: &str, body: &Value) -> String {
    let made = owner.post(list, body.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let path = format!("{list}/{}", made.id());
    assert_eq!(owner.delete(&path).await.status, StatusCode::OK);
    path
}

// Attacks: 20.
async fn of_switches_with_one_token_one_begins_a_session(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    server.bootstrap("acme").await;
    for _ in 0..rounds() {
        let owner = server.sign_in(OPERATOR, "acme").await;
        let switch =
            |_| (owner.clone(), Method::POST, "/api/v1/auth/switch".to_owned(), Some(json!({ "tenant": "acme" })));
        let answers = together((0..10).map(switch).collect()).await;
        let mut expected = vec![200];
        expected.resize(10, 401);
        assert_eq!(statuses(&answers), expected, "{answers:?}");
        assert_eq!(owner.get("/api/v1/stores").await.status, 401, "the old session ended");
        let new = server.signed_in(answers.into_iter().next().unwrap());
        assert_eq!(new.get("/api/v1/stores").await.status, 200);
    }
    told("race of switches", &server, rounds());
    server.stop().await;
}

/// Everything that is written refers to the tenant, and its place in the audit log is taken by one at a time: whoever changes
/// the tenant must not wait for who waits for them.
async fn a_slug_changes_while_others_write(database: FreshDatabase) {
    let server = TestServer::start_with(database, &PATIENT).await;
    let owner = server.bootstrap("acme").await;
    for round in 0..rounds() {
        let mut requests = Vec::new();
        for n in 0..8 {
            let store = json!({ "name": "Town", "code": format!("S-{round}-{n}"), "currency": "KES" });
            requests.push((owner.clone(), Method::POST, "/api/v1/stores".to_owned(), Some(store)));
            let slug = json!({ "slug": format!("acme-{round}-{n}") });
            requests.push((owner.clone(), Method::PATCH, "/api/v1/tenant".to_owned(), Some(slug)));
        }
        let answers = together(requests).await;
        // A slug that somebody else has changed meanwhile is stale; nobody waits for somebody who waits for them.
        let odd: Vec<_> = answers.iter().filter(|a| ![200, 201, 412].contains(&a.status.as_u16())).collect();
        assert!(odd.is_empty(), "{odd:?}");
        assert_eq!(answers.iter().filter(|a| a.status == 201).count(), 8, "{answers:?}");
    }
    told("race of slugs", &server, rounds());
    server.stop().await;
}
