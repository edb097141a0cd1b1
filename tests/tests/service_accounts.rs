//! Programs that act in a tenant, by keys, as those who look after them and the programs themselves do it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, eventually, on_both_databases};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

on_both_databases! {
    a_program_works_at_one_store_while_its_key_is_rotated;
    what_ends_a_key_is_felt_at_the_next_request_everywhere;
    nobody_gives_a_program_more_than_they_hold;
    nothing_that_is_for_people_is_open_to_a_program;
    every_key_that_is_refused_is_refused_alike;
    a_use_is_noted_beside_the_request;
    of_many_rotations_at_once_one_makes_a_successor;
}

const ALL: &str = "/api/v1/service-accounts";

async fn made(client: &Client, path: &str, body: Value) -> Answer {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{path}: {answer:?}");
    answer
}

/// A service account: its address.
async fn account(owner: &Client, name: &str) -> String {
    format!("{ALL}/{}", made(owner, ALL, json!({ "name": name })).await.id())
}

async fn gives(owner: &Client, account: &str, role: &str, query: &str) {
    let given = owner.put(&format!("{account}/roles/{role}{query}")).await;
    assert_eq!(given.status, StatusCode::OK, "{given:?}");
}

/// A key: its address, and a program that uses it.
async fn key(server: &TestServer, owner: &Client, account: &str) -> (String, Client) {
    let made = made(owner, &format!("{account}/keys"), json!({ "name": "Till" })).await;
    (format!("{account}/keys/{}", made.id()), Client::new(&server.base, Some(made.text("key"))))
}

/// A program with a role of these permissions in the whole tenant: its account, its key and itself.
async fn program(server: &TestServer, owner: &Client, name: &str, permissions: &[&str]) -> (String, String, Client) {
    let role = made(owner, "/api/v1/roles", json!({ "name": name, "permissions": permissions })).await.id();
    let account = account(owner, name).await;
    gives(owner, &account, &role, "").await;
    let (key, program) = key(server, owner, &account).await;
    (account, key, program)
}

async fn store(owner: &Client, code: &str) -> String {
    let store = made(owner, "/api/v1/stores", json!({ "name": code, "code": code, "currency": "KES" })).await.id();
    let product = json!({ "sku": code, "name": code, "price_minor": 100, "currency": "KES" });
    made(owner, &format!("/api/v1/stores/{store}/products"), product).await;
    store
}

async fn a_program_works_at_one_store_while_its_key_is_rotated(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (here, there) = (store(&owner, "HERE").await, store(&owner, "THERE").await);
    let role = json!({ "name": "Reader", "permissions": ["products.read", "stores.read", "members.read"] });
    let role = made(&owner, "/api/v1/roles", role).await.id();
    let account = account(&owner, "Till").await;
    gives(&owner, &account, &role, &format!("?store_id={here}")).await;

    let first = made(&owner, &format!("{account}/keys"), json!({ "name": "Till" })).await;
    let text = first.text("key");
    assert!(text.starts_with(&first.text("prefix")) && text.starts_with("cok_"), "{first:?}");
    assert_eq!(first.headers["cache-control"], "no-store");
    let till = Client::new(&server.base, Some(text.clone()));
    let products = till.get(&format!("/api/v1/stores/{here}/products")).await;
    assert_eq!(products.body["data"][0]["sku"], "HERE", "{products:?}");
    assert_eq!(till.get(&format!("/api/v1/stores/{there}/products")).await.problem(), "not_found");
    let stores = till.get("/api/v1/stores").await;
    assert_eq!(stores.body["data"].as_array().map(Vec::len), Some(1), "{stores:?}");
    assert_eq!(till.get("/api/v1/members").await.problem(), "forbidden", "a role at a store gives nothing tenant-wide");
    let sale = json!({ "sku": "NEW", "name": "New", "price_minor": 1, "currency": "KES" });
    let refused = till.post(&format!("/api/v1/stores/{here}/products"), sale.clone()).await;
    assert_eq!(refused.problem(), "forbidden");

    let old = format!("{account}/keys/{}", first.id());
    let second = made(&owner, &format!("{old}/rotate"), json!({ "overlap_seconds": 3600 })).await;
    assert_eq!((second.text("name"), &second.body["expires_at"]), ("Till".to_owned(), &Value::Null));
    let renewed = Client::new(&server.base, Some(second.text("key")));
    for program in [&till, &renewed] {
        assert_eq!(program.get("/api/v1/stores").await.status, StatusCode::OK, "both are good");
    }
    let shown = owner.get(&old).await;
    assert_eq!(shown.body["successor_id"], second.body["id"]);
    assert!(shown.body["expires_at"].is_string(), "{shown:?}");
    assert_eq!(owner.post(&format!("{old}/rotate"), json!({})).await.problem(), "key_rotated");
    let third = made(&owner, &format!("{account}/keys/{}/rotate", second.id()), json!({ "overlap_seconds": 0 })).await;
    assert_eq!(renewed.get("/api/v1/stores").await.problem(), "unauthenticated", "no overlap ends the old key at once");
    let latest = Client::new(&server.base, Some(third.text("key")));
    assert_eq!(latest.get("/api/v1/stores").await.status, StatusCode::OK);
    let listed = owner.get(&format!("{account}/keys")).await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(3), "{listed:?}");
    assert!(!listed.raw.contains(text.rsplit('_').next().unwrap()), "a secret is shown once");

    assert_eq!(owner.delete(&old).await.status, StatusCode::NO_CONTENT);
    assert_eq!(owner.delete(&old).await.problem(), "not_found");
    assert_eq!(till.get("/api/v1/stores").await.problem(), "unauthenticated");
    let disabled = owner.patch(&account, json!({ "status": "disabled" })).await;
    assert_eq!(disabled.status, StatusCode::OK, "{disabled:?}");
    assert_eq!(latest.get("/api/v1/stores").await.problem(), "unauthenticated");
    assert_eq!(owner.patch(&account, json!({ "status": "active" })).await.status, StatusCode::OK);
    assert_eq!(latest.get("/api/v1/stores").await.status, StatusCode::OK, "a pause, not an end");
    let stale = owner.send(Method::DELETE, &account, &[("If-Match", "\"1\"")], None).await;
    assert_eq!(stale.problem(), "stale");
    assert_eq!(owner.delete(&account).await.status, StatusCode::OK);
    assert_eq!(latest.get("/api/v1/stores").await.problem(), "unauthenticated");
    for path in [account.clone(), format!("{account}/keys"), format!("{account}/keys/{}", third.id())] {
        assert_eq!(owner.get(&path).await.problem(), "not_found", "{path}");
    }
    let told = owner.get("/api/v1/audit-events?limit=100").await;
    let told: Vec<_> = told.body["data"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    for action in [
        "service_account.created",
        "service_account.granted",
        "service_account.changed",
        "service_account.deleted",
        "api_key.created",
        "api_key.rotated",
        "api_key.revoked",
    ] {
        assert!(told.contains(&action), "{action} is not in {told:?}");
    }
}

// Attacks: 19.
async fn what_ends_a_key_is_felt_at_the_next_request_everywhere(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    // A file of SQLite has one server.
    let other = if server.database.kind == Kind::Postgres { server.beside().await } else { server.base.clone() };
    let owner = server.bootstrap("acme").await;
    let role = made(&owner, "/api/v1/roles", json!({ "name": "Reader", "permissions": ["stores.read"] })).await.id();
    for what in ["role taken", "rotated", "revoked", "disabled", "deleted", "role deleted"] {
        let account = account(&owner, what).await;
        gives(&owner, &account, &role, "").await;
        let (key, program) = key(&server, &owner, &account).await;
        let there = Client::new(&other, program.token.clone());
        assert_eq!(there.get("/api/v1/stores").await.status, StatusCode::OK, "{what}: remembered there");
        let (method, path, body, problem) = match what {
            "role taken" => (Method::DELETE, format!("{account}/roles/{role}"), None, "forbidden"),
            "rotated" => {
                (Method::POST, format!("{key}/rotate"), Some(json!({ "overlap_seconds": 0 })), "unauthenticated")
            }
            "revoked" => (Method::DELETE, key, None, "unauthenticated"),
            "disabled" => (Method::PATCH, account, Some(json!({ "status": "disabled" })), "unauthenticated"),
            "deleted" => (Method::DELETE, account, None, "unauthenticated"),
            _ => (Method::DELETE, format!("/api/v1/roles/{role}"), None, "forbidden"),
        };
        let done = owner.send(method, &path, &[], body.map(|body| body.to_string())).await;
        assert!(done.status.is_success(), "{what}: {done:?}");
        assert_eq!(there.get("/api/v1/stores").await.problem(), problem, "{what}: at the very next request");
    }
}

// Attacks: 23.
async fn nobody_gives_a_program_more_than_they_hold(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let roles = owner.get("/api/v1/roles").await;
    let system = |key: &str| {
        let roles = roles.body["data"].as_array().unwrap();
        roles.iter().find(|role| role["system"] == key).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let keeper = json!({ "name": "Keeper", "permissions": ["service_accounts.manage", "roles.grant", "stores.read"] });
    let keeper = made(&owner, "/api/v1/roles", keeper).await.id();
    let keeper = server.member(&owner, "acme", "keeper@acme.example", &[&keeper]).await;
    let mine = account(&keeper, "Mine").await;
    let more = keeper.put(&format!("{mine}/roles/{}", system("member"))).await;
    assert_eq!(more.problem(), "beyond_own_rights");
    assert_eq!(owner.put(&format!("{mine}/roles/{}", system("owner"))).await.problem(), "owner_role");
    gives(&owner, &mine, &system("admin"), "").await;
    let (above, admin) = key(&server, &owner, &mine).await;
    // It holds more than the keeper now, who would get all of that with a key of it.
    for (method, path, body) in [
        (Method::POST, format!("{mine}/keys"), Some(json!({ "name": "Way up" }))),
        (Method::POST, format!("{above}/rotate"), Some(json!({}))),
        (Method::PATCH, mine.clone(), Some(json!({ "status": "disabled" }))),
        (Method::DELETE, mine.clone(), None),
        (Method::DELETE, format!("{mine}/roles/{}", system("admin")), None),
    ] {
        let refused = keeper.send(method, &path, &[], body.map(|body| body.to_string())).await;
        assert_eq!(refused.problem(), "beyond_own_rights", "{path}: {refused:?}");
    }
    assert_eq!(admin.get("/api/v1/roles").await.status, StatusCode::OK);
    assert_eq!(keeper.delete(&above).await.status, StatusCode::NO_CONTENT, "who notices a leak stops it");
    assert_eq!(admin.get("/api/v1/roles").await.problem(), "unauthenticated");
    let five = account(&owner, "Five").await;
    for _ in 0..5 {
        key(&server, &owner, &five).await;
    }
    let sixth = owner.post(&format!("{five}/keys"), json!({ "name": "Sixth" })).await;
    assert_eq!(sixth.problem(), "too_many_keys");
    let past =
        owner.post(&format!("{mine}/keys"), json!({ "name": "Late", "expires_at": "2020-01-01T00:00:00Z" })).await;
    assert_eq!((past.problem().as_str(), &past.body["errors"][0]["pointer"]), ("past_expiry", &json!("/expires_at")));
}

// Attacks: 20.
async fn nothing_that_is_for_people_is_open_to_a_program(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let all = owner.get("/api/v1/permissions").await;
    let all: Vec<_> = all.body["data"].as_array().unwrap().iter().map(|p| p["code"].as_str().unwrap()).collect();
    let (account, key, program) = program(&server, &owner, "Everything", &all).await;
    let role = owner.get("/api/v1/roles").await.body["data"][0]["id"].as_str().unwrap().to_owned();
    for (method, path, body) in [
        (Method::GET, "/api/v1/auth/me".to_owned(), None),
        (Method::GET, "/api/v1/auth/sessions".to_owned(), None),
        (Method::DELETE, "/api/v1/auth/sessions".to_owned(), None),
        (Method::POST, "/api/v1/auth/logout".to_owned(), None),
        (Method::POST, "/api/v1/auth/switch".to_owned(), Some(json!({ "tenant": "acme" }))),
        (Method::POST, "/api/v1/invitations".to_owned(), Some(json!({ "email": "new@acme.example" }))),
        (Method::POST, "/api/v1/invitations/accept".to_owned(), Some(json!({ "token": "inv_x" }))),
        (Method::POST, ALL.to_owned(), Some(json!({ "name": "Child" }))),
        (Method::PATCH, account.clone(), Some(json!({ "name": "Other" }))),
        (Method::DELETE, account.clone(), None),
        (Method::PUT, format!("{account}/roles/{role}"), None),
        (Method::DELETE, format!("{account}/roles/{role}"), None),
        (Method::POST, format!("{account}/keys"), Some(json!({ "name": "Child" }))),
        (Method::POST, format!("{key}/rotate"), Some(json!({}))),
        (Method::DELETE, key.clone(), None),
    ] {
        let refused = program.send(method.clone(), &path, &[], body.map(|body| body.to_string())).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "people_only"), "{method} {path}");
    }
    assert_eq!(program.get("/api/v1/platform/tenants").await.problem(), "unauthenticated");
    assert_eq!(program.get(&format!("{account}/keys")).await.status, StatusCode::OK, "what it holds, it may");
    let opened = program.post("/api/v1/stores", json!({ "name": "Town", "code": "T1", "currency": "KES" })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    let event = owner.get("/api/v1/audit-events?action=store.opened").await;
    let by = &event.body["data"][0]["actor"];
    assert_eq!((&by["kind"], by["id"].as_str()), (&json!("service_account"), account.rsplit('/').next()), "{event:?}");
    assert_eq!(program.delete(&format!("/api/v1/roles/{role}")).await.problem(), "system_role", "as a member is told");
}

// Attacks: 21.
async fn every_key_that_is_refused_is_refused_alike(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let stranger = server.tenant("duka", "asha@duka.example").await;
    let (_, address, good) = program(&server, &owner, "Till", &["stores.read", "stores.create"]).await;
    let (_, _, foreign) = program(&server, &stranger, "Till", &["stores.read", "stores.create"]).await;
    let good = good.token.unwrap();
    let part = |text: &str, n: usize| text.split('_').nth(n).unwrap().to_owned();
    let foreign = foreign.token.unwrap();
    let nothing = "0".repeat(32);
    let body = json!({ "name": "Town", "code": "T1", "currency": "KES" });
    let mut told = Vec::new();
    for wrong in [
        good.replace(&part(&good, 3), &"0".repeat(64)),
        good.replace(&part(&good, 3), &part(&foreign, 3)),
        good.replace(&part(&good, 2), &nothing),
        good.replace(&part(&good, 1), &part(&foreign, 1)),
        good.replace(&part(&good, 1), &nothing),
        good[..good.len() - 1].to_owned(),
        "cok_".to_owned(),
    ] {
        let client = Client::new(&server.base, Some(wrong));
        for answer in [
            client.send(Method::GET, "/api/v1/stores", &[("X-Request-Id", "same")], None).await,
            client.send(Method::POST, "/api/v1/stores", &[("X-Request-Id", "same")], Some(body.to_string())).await,
        ] {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
            told.push(answer.raw);
        }
    }
    let (_, expired, ran_out) = program(&server, &owner, "Ran out", &["stores.read", "stores.create"]).await;
    let (disabled, _, paused) = program(&server, &owner, "Disabled", &["stores.read", "stores.create"]).await;
    let (deleted, _, gone) = program(&server, &owner, "Deleted", &["stores.read", "stores.create"]).await;
    let revoked = Client::new(&server.base, Some(good));
    for program in [&revoked, &ran_out, &paused, &gone] {
        assert_eq!(program.get("/api/v1/stores").await.status, StatusCode::OK, "each is good until it is ended");
    }
    let rotated = owner.post(&format!("{expired}/rotate"), json!({ "overlap_seconds": 0 })).await;
    assert_eq!(rotated.status, StatusCode::CREATED, "{rotated:?}");
    assert_eq!(owner.patch(&disabled, json!({ "status": "disabled" })).await.status, StatusCode::OK);
    assert_eq!(owner.delete(&deleted).await.status, StatusCode::OK);
    assert_eq!(owner.delete(&address).await.status, StatusCode::NO_CONTENT);
    for program in [revoked, ran_out, paused, gone] {
        told.push(program.send(Method::GET, "/api/v1/stores", &[("X-Request-Id", "same")], None).await.raw);
        let answer = program.send(Method::POST, "/api/v1/stores", &[("X-Request-Id", "same")], Some(body.to_string()));
        told.push(answer.await.raw);
    }
    let garbage = Client::new(&server.base, Some("garbage".to_owned()));
    told.push(garbage.send(Method::GET, "/api/v1/stores", &[("X-Request-Id", "same")], None).await.raw);
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let own = Client::new(&server.base, Some(foreign));
    assert_eq!(own.get("/api/v1/stores").await.body["data"], json!([]), "each key is of its own tenant");
}

async fn a_use_is_noted_beside_the_request(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let owner = server.bootstrap("acme").await;
    let (_, key, program) = program(&server, &owner, "Till", &["stores.read"]).await;
    let before = owner.get(&key).await;
    assert_eq!((&before.body["last_used_at"], &before.body["last_used_address"]), (&Value::Null, &Value::Null));
    assert_eq!(program.get("/api/v1/stores").await.status, StatusCode::OK);
    eventually("the use is noted", async || owner.get(&key).await.body["last_used_at"].is_string()).await;
    let noted = owner.get(&key).await;
    assert_eq!(noted.body["last_used_address"], "127.0.0.1");
    for _ in 0..20 {
        assert_eq!(program.get("/api/v1/stores").await.status, StatusCode::OK);
    }
    // Whatever were noted of these would be noted before the answer to a later note of another key.
    let (_, other, another) = self::program(&server, &owner, "Scale", &["stores.read"]).await;
    assert_eq!(another.get("/api/v1/stores").await.status, StatusCode::OK);
    eventually("another use is noted", async || owner.get(&other).await.body["last_used_at"].is_string()).await;
    assert_eq!(owner.get(&key).await.body, noted.body, "not at every use");
    let told = owner.get("/api/v1/audit-events?action=api_key.used").await;
    assert_eq!(told.body["data"].as_array().map(Vec::len), Some(2), "{told:?}");
    assert_eq!(told.body["data"][0]["actor"]["kind"], "service_account");
}

async fn of_many_rotations_at_once_one_makes_a_successor(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")]).await;
    let owner = server.bootstrap("acme").await;
    let (account, key, _) = program(&server, &owner, "Till", &["stores.read"]).await;
    let mut race = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (owner, path) = (owner.clone(), format!("{key}/rotate"));
        race.spawn(async move { owner.post(&path, json!({ "overlap_seconds": 600 })).await });
    }
    let answers = race.join_all().await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let lost = answers.iter().filter(|answer| answer.status == StatusCode::CONFLICT).map(Answer::problem);
    assert!(lost.clone().all(|code| code == "key_rotated"), "{answers:?}");
    assert_eq!((won, lost.count()), (1, 7), "{answers:?}");
    let keys = owner.get(&format!("{account}/keys")).await;
    assert_eq!(keys.body["data"].as_array().map(Vec::len), Some(2), "{keys:?}");
}
