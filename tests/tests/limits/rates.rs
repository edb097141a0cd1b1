//! Each of the sixteen settings bounds the policy of its name and no other.

use cotenant_tests::{Client, FreshDatabase, TestServer, on_both_databases};
use reqwest::Method;
use serde_json::json;

use crate::policies;

on_both_databases! {
    each_setting_bounds_the_policy_of_its_name;
    without_a_setting_nothing_is_counted;
}

const PARTIES: [&str; 4] = ["tenant", "person", "key", "client"];
const CLASSES: [&str; 4] = ["read", "write", "secret", "export"];

/// What the setting of a policy says in these tests: different for each.
fn requests(party: &str, class: &str) -> u32 {
    let at = |all: [&str; 4], one| u32::try_from(all.iter().position(|name| *name == one).unwrap()).unwrap();
    1_000 + 10 * at(PARTIES, party) + at(CLASSES, class)
}

/// A request of each kind of route. What becomes of it does not matter: every answer says what it was counted against.
fn request(class: &str) -> (Method, &'static str) {
    match class {
        "read" => (Method::GET, "/api/v1/stores"),
        "write" => (Method::POST, "/api/v1/stores"),
        "secret" => (Method::POST, "/api/v1/auth/password"),
        _ => (Method::GET, "/api/v1/audit-events/export"),
    }
}

async fn each_setting_bounds_the_policy_of_its_name(database: FreshDatabase) {
    let names = PARTIES.into_iter().flat_map(|party| CLASSES.into_iter().map(move |class| (party, class)));
    let setting = |(party, class): (&str, &str)| {
        let variable = format!("COTENANT__LIMITS__{party}_{class}").to_uppercase();
        (variable, format!("{}/3600", requests(party, class)))
    };
    let mut settings: Vec<(String, String)> = names.map(setting).collect();
    settings.push(("COTENANT__LIMITS__ENABLED".into(), "true".into()));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = TestServer::start_with(database, &settings).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let callers: [(Client, &[(&str, &str)]); 5] = [
        (owner.clone(), &[("tenant", "tenant"), ("person", "person")]),
        (key(&server, &owner).await, &[("tenant", "tenant"), ("key", "key")]),
        (support(&server, &owner, &operator).await, &[("support", "person")]),
        (operator, &[("operator", "person")]),
        (server.anonymous(), &[("client", "client")]),
    ];
    for (client, counted) in callers {
        for class in CLASSES {
            let (method, path) = request(class);
            let body = (method == Method::POST).then(|| "{}".to_owned());
            let answer = client.send(method, path, &[], body).await;
            let expected = counted.iter().map(|(name, of)| (format!("{name}-{class}"), requests(of, class)));
            assert_eq!(policies(&answer), expected.collect::<Vec<_>>(), "{class}: {answer:?}");
        }
    }
    let switched = owner.post("/api/v1/auth/switch", json!({ "tenant": "nowhere" })).await;
    let secret = ["tenant", "person"].map(|party| (format!("{party}-secret"), requests(party, "secret")));
    assert_eq!(policies(&switched), secret, "who switches is given a session, like who signs in");
    server.stop().await;
}

/// A key that this server has seen.
async fn key(server: &TestServer, owner: &Client) -> Client {
    let accounts = "/api/v1/service-accounts";
    let account = owner.post(accounts, json!({ "name": "Till" })).await.id();
    let made = owner.post(&format!("{accounts}/{account}/keys"), json!({ "name": "Till" })).await;
    is_seen(Client::new(&server.base, Some(made.text("key")))).await
}

/// Support in the owner's tenant, under a grant that this server has seen.
async fn support(server: &TestServer, owner: &Client, operator: &Client) -> Client {
    let tenant = owner.get("/api/v1/tenant").await.id();
    let path = format!("/api/v1/platform/tenants/{tenant}/support-grants");
    let made = operator.post(&path, json!({ "reason": "Ticket 4711", "may_write": false })).await;
    is_seen(Client::new(&server.base, Some(made.text("token")))).await
}

async fn is_seen(client: Client) -> Client {
    let first = client.get("/api/v1/stores").await;
    assert_eq!(policies(&first), [("client-read".to_owned(), requests("client", "read"))], "nobody has seen it yet");
    client
}

async fn without_a_setting_nothing_is_counted(database: FreshDatabase) {
    let on = ("COTENANT__LIMITS__ENABLED", "true");
    let lifted = ("COTENANT__LIMITS__PERSON_READ", "");
    let server = TestServer::start_with(database, &[on, lifted]).await;
    let owner = server.bootstrap("acme").await;
    let counted = policies(&owner.get("/api/v1/stores").await);
    assert_eq!(counted, [("tenant-read".to_owned(), 6_000)], "an empty text lifts one limit, and the others stay");
    let database = server.stop().await;
    let server = TestServer::start_with(database, &[]).await;
    assert!(policies(&server.anonymous().get("/api/v1/stores").await).is_empty(), "switched off altogether");
    server.stop().await;
}
