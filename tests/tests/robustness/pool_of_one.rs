//! One connection for everybody: whatever a transaction sets on it must be gone when the next one comes.

use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Client, FreshDatabase, Kind, TestServer, on_both_databases, prove};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::task::JoinSet;

use cotenant_tests::dice::Dice;

on_both_databases! {
    one_connection_never_carries_a_tenant_or_a_door_over;
}

const ROUNDS: usize = 25;

// Attacks: 16, 18.
async fn one_connection_never_carries_a_tenant_or_a_door_over(database: FreshDatabase) {
    let one = [("COTENANT__DATABASE__MAX_CONNECTIONS", "1"), ("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "60000")];
    let server = TestServer::start_with(database, &one).await;
    let acme = server.bootstrap("acme").await;
    let globex = server.tenant("globex", "owner@globex.example").await;
    let operator = server.operator().await;
    let mut dice = Dice::seeded(prove::seed("pool of one"));
    for round in 0..ROUNDS {
        let mut requests = JoinSet::new();
        for (client, slug) in [(&acme, "acme"), (&globex, "globex")] {
            requests.spawn(opens_a_store(client.clone(), slug, round));
            requests.spawn(sees_its_own_stores(client.clone(), slug));
            requests.spawn(knows_itself(client.clone(), slug));
            let (given_up, fate) = (client.clone(), dice.fate(6));
            requests.spawn(async move { fate.befalls(sees_its_own_stores(given_up, slug)).await.unwrap_or_default() });
        }
        requests.spawn(sees_both_tenants(operator.clone()));
        requests.spawn(signs_in(server.anonymous()));
        while let Some(done) = requests.join_next().await {
            done.unwrap();
        }
    }
    if server.database.kind == Kind::Postgres {
        let mut watch = PgConnection::connect(&server.database.url).await.unwrap();
        let used = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'cotenant'";
        assert_eq!(watch.fetch_one(used).await.unwrap().get::<i64, _>(0), 1, "all of it went over one connection");
        watch.close().await.unwrap();
    }
    for client in [&acme, &globex] {
        let count = client.get("/api/v1/stores?limit=100").await.body["data"].as_array().unwrap().len();
        assert_eq!(count, ROUNDS);
    }
    server.stop().await;
}

async fn opens_a_store(client: Client, slug: &str, round: usize) {
    let body = json!({ "name": format!("{slug} {round}"), "code": format!("S-{round}"), "currency": "KES" });
    // Twice at once under one key: who comes second waits for the one connection, and is told what the first was told.
    let once = async || {
        let (key, body) = ([("Idempotency-Key", body["code"].as_str().unwrap())], Some(body.to_string()));
        client.send(Method::POST, "/api/v1/stores", &key, body).await
    };
    let (opened, again) = tokio::join!(once(), once());
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    assert_eq!((again.status, &again.raw), (opened.status, &opened.raw), "{again:?}");
}

async fn sees_its_own_stores(client: Client, slug: &'static str) {
    let list = client.get("/api/v1/stores?limit=100").await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    let names = list.body["data"].as_array().unwrap().iter().map(|store| store["name"].as_str().unwrap());
    for name in names {
        assert!(name.starts_with(slug), "{slug} saw {name}");
    }
}

async fn knows_itself(client: Client, slug: &str) {
    let me = client.get("/api/v1/auth/me").await;
    assert_eq!((me.status, &me.body["tenant"]["slug"]), (StatusCode::OK, &json!(slug)), "{me:?}");
}

async fn sees_both_tenants(operator: Client) {
    let list = operator.get("/api/v1/platform/tenants").await;
    assert_eq!(list.status, StatusCode::OK, "{list:?}");
    let mut slugs: Vec<&Value> = list.body["data"].as_array().unwrap().iter().map(|tenant| &tenant["slug"]).collect();
    slugs.sort_by_key(|slug| slug.to_string());
    assert_eq!(slugs, ["acme", "globex"]);
}

async fn signs_in(client: Client) {
    let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let answer = client.post("/api/v1/auth/login", body).await;
    assert_eq!((answer.status, &answer.body["tenant"]["slug"]), (StatusCode::OK, &json!("acme")), "{answer:?}");
}
