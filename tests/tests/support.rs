//! An operator who helps a tenant, and the tenant that sees it, as both do it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::Duration as StdDuration;

use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use cotenant_api::{ApiSettings, App, configure};
use cotenant_domain::platform::{LocalTrust, remove_operator};
use cotenant_domain::shared::Clock;
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, eventually, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

on_both_databases! {
    an_operator_helps_a_tenant_which_sees_it_and_ends_it;
    a_grant_opens_its_tenant_to_read_and_nothing_else;
    what_ends_a_grant_is_felt_at_the_next_request_everywhere;
    a_grant_made_while_its_operator_goes_does_not_stay;
}

const OWN: &str = "/api/v1/support-grants";
const ALL: &str = "/api/v1/platform/support-grants";

fn making(tenant: &str) -> String {
    format!("/api/v1/platform/tenants/{tenant}/support-grants")
}

async fn tenant_of(client: &Client) -> String {
    client.get("/api/v1/tenant").await.id()
}

async fn made(operator: &Client, tenant: &str, body: Value) -> Answer {
    let answer = operator.post(&making(tenant), body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer
}

async fn grant(server: &TestServer, operator: &Client, tenant: &str, may_write: bool) -> (String, Client) {
    let made = made(operator, tenant, json!({ "reason": "Ticket 4711", "may_write": may_write })).await;
    (made.id(), Client::new(&server.base, Some(made.text("token"))))
}

/// The events of a kind in a tenant's log, oldest first.
async fn events(owner: &Client, action: &str) -> Vec<Value> {
    let log = owner.get(&format!("/api/v1/audit-events?action={action}&limit=100")).await;
    assert_eq!(log.status, StatusCode::OK, "{log:?}");
    log.body["data"].as_array().unwrap().clone()
}

fn store(code: &str) -> Value {
    json!({ "name": code, "code": code, "currency": "KES" })
}

/// The server's clock, put forward.
struct Later(Arc<dyn Clock>, Duration);

impl Clock for Later {
    fn now(&self) -> OffsetDateTime {
        self.0.now() + self.1
    }
}

/// A second server over the same use cases, where it is later.
async fn later(server: &TestServer, by: Duration) -> String {
    let mut deps = server.deps.clone();
    deps.clock = Arc::new(Later(deps.clock, by));
    let settings = ApiSettings {
        body_limit: 65_536,
        request_timeout: StdDuration::from_secs(30),
        allowed_origins: Vec::new(),
        trusted_proxies: Vec::new(),
        bootstrap_secret: None,
        public_url: None,
        limits: cotenant_api::Limits::default(),
    };
    let app = Data::new(App::new(deps, settings));
    let make = move || {
        let app = app.clone();
        ActixApp::new().configure(|cfg| configure(&app, cfg))
    };
    let http = HttpServer::new(make).workers(1).bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", http.addrs()[0]);
    actix_web::rt::spawn(http.run());
    base
}

async fn an_operator_helps_a_tenant_which_sees_it_and_ends_it(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    server.bootstrap("acme").await;
    let owner = server.tenant("duka", "asha@duka.example").await;
    let operator = server.operator().await;
    let tenant = tenant_of(&owner).await;
    let shop = owner.post("/api/v1/stores", store("MSA-1")).await.id();
    assert_eq!(operator.get("/api/v1/stores").await.problem(), "unauthenticated", "an operator sees no tenant's data");

    let reason = "Ticket 4711: the totals of October differ";
    let new = made(&operator, &tenant, json!({ "reason": reason, "duration_minutes": 30 })).await;
    let token = new.text("token");
    assert!(token.starts_with("cos_") && new.headers["cache-control"] == "no-store", "{new:?}");
    assert_eq!(new.body["may_write"], false);
    let support = Client::new(&server.base, Some(token.clone()));
    assert_eq!(support.get(&format!("/api/v1/stores/{shop}")).await.body["code"], "MSA-1");
    let refused = support.post("/api/v1/stores", store("MSA-2")).await;
    assert_eq!(refused.problem(), "forbidden", "{refused:?}");

    // The tenant sees it in its log, with the reason, and is told by mail.
    let event = events(&owner, "support_grant.made").await.remove(0);
    assert_eq!((&event["detail"]["reason"], &event["actor"]["kind"]), (&json!(reason), &json!("operator")));
    assert_eq!(event["object"]["id"], new.body["id"]);
    let told = events(&owner, "access.refused").await.remove(0);
    assert_eq!((&told["actor"]["id"], &told["object"]["kind"]), (&new.body["operator_id"], &json!("support_grant")));
    assert_eq!(told["detail"]["support_grant_id"], new.body["id"]);
    let mailed = || server.mails("asha@duka.example").iter().any(|mail| mail.contains("Ticket 4711"));
    eventually("the owner is told", async || mailed()).await;
    eventually("the use is noted", async || !events(&owner, "support_grant.used").await.is_empty()).await;
    let listed = owner.get(&format!("{OWN}?live=true")).await;
    let own = &listed.body["data"][0];
    assert_eq!(
        (&own["reason"], &own["last_used_address"], &own["ended"]),
        (&json!(reason), &json!("127.0.0.1"), &Value::Null)
    );
    let all = operator.get(&format!("{ALL}?live=true")).await;
    assert_eq!(all.body["data"][0]["tenant_id"], json!(tenant), "{all:?}");
    let secret = token.rsplit('_').next().unwrap();
    assert!(!listed.raw.contains(secret) && !all.raw.contains(secret), "a token is shown once");

    let writer = made(&operator, &tenant, json!({ "reason": reason, "may_write": true })).await;
    let writer = Client::new(&server.base, Some(writer.text("token")));
    let fixed = writer.patch(&format!("/api/v1/stores/{shop}"), json!({ "name": "Mombasa Road" })).await;
    assert_eq!(fixed.status, StatusCode::OK, "{fixed:?}");
    let event = events(&owner, "store.changed").await.remove(0);
    assert_eq!((&event["actor"]["kind"], &event["actor"]["id"]), (&json!("operator"), &new.body["operator_id"]));
    assert!(event["detail"]["support_grant_id"].is_string(), "{event}");

    let path = format!("{OWN}/{}", new.id());
    assert_eq!(owner.delete(&path).await.status, StatusCode::NO_CONTENT);
    let refused = support.get("/api/v1/stores").await;
    assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));
    assert_eq!(owner.delete(&path).await.status, StatusCode::NO_CONTENT, "one that is over stays as it is");
    let ended = events(&owner, "support_grant.ended").await;
    assert_eq!((ended.len(), &ended[0]["detail"]["why"]), (1, &json!("by_the_tenant")));
    assert_eq!(writer.get("/api/v1/stores").await.status, StatusCode::OK, "the other one lives on");
    let over = owner.get(OWN).await;
    assert_eq!(over.body["data"][0]["ended"]["kind"], "user", "{over:?}");
    server.stop().await;
}

// Attacks: 1, 5, 19, 21, 23.
async fn a_grant_opens_its_tenant_to_read_and_nothing_else(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let acme = server.bootstrap("acme").await;
    let duka = server.tenant("duka", "asha@duka.example").await;
    let operator = server.operator().await;
    let (in_acme, in_duka) = (tenant_of(&acme).await, tenant_of(&duka).await);
    let (id, support) = grant(&server, &operator, &in_duka, true).await;
    let token = support.token.clone().unwrap();
    let simple = |id: &str| id.replace('-', "");
    // The same secret for another tenant, for another grant, cut and lengthened.
    let (other, _) = grant(&server, &operator, &in_acme, true).await;
    for wrong in [
        token.replacen(&simple(&in_duka), &simple(&in_acme), 1),
        token.replacen(&simple(&id), &simple(&other), 1),
        token.replacen(&simple(&in_duka), &simple(&in_acme), 1).replacen(&simple(&id), &simple(&other), 1),
        token.replacen("cos_", "cok_", 1),
        token.replacen("cos_", "", 1),
        token[..token.len() - 1].to_owned(),
        format!("{token}0"),
        format!("{token}_{token}"),
    ] {
        let answer = Client::new(&server.base, Some(wrong.clone())).get("/api/v1/stores").await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::UNAUTHORIZED, "unauthenticated"),
            "{wrong}"
        );
    }
    assert_eq!(support.get("/api/v1/stores").await.status, StatusCode::OK);
    // Neither the platform, nor what is people's own.
    for path in ["/api/v1/platform/tenants", ALL] {
        assert_eq!(support.get(path).await.problem(), "unauthenticated", "{path}");
    }
    let longer = json!({ "reason": "Ticket 4711", "duration_minutes": 480 });
    assert_eq!(support.post(&making(&in_duka), longer.clone()).await.problem(), "unauthenticated");
    for path in ["/api/v1/auth/me", "/api/v1/auth/sessions"] {
        assert_eq!(support.get(path).await.problem(), "people_only", "{path}");
    }
    let password = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
    assert_eq!(support.post("/api/v1/auth/password", password).await.problem(), "people_only");
    assert_eq!(support.post("/api/v1/auth/switch", json!({ "tenant": "acme" })).await.problem(), "people_only");
    // Nothing that would outlive it.
    let person = duka.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned();
    let service = duka.post("/api/v1/service-accounts", json!({ "name": "Till" })).await.id();
    for (path, body, problem) in [
        ("/api/v1/roles".to_owned(), json!({ "name": "X", "permissions": [] }), "forbidden"),
        ("/api/v1/invitations".to_owned(), json!({ "email": OPERATOR }), "people_only"),
        ("/api/v1/service-accounts".to_owned(), json!({ "name": "X" }), "people_only"),
        (format!("/api/v1/service-accounts/{service}/keys"), json!({ "name": "X" }), "people_only"),
    ] {
        assert_eq!(support.post(&path, body).await.problem(), problem, "{path}");
    }
    let member = format!("/api/v1/members/{person}");
    assert_eq!(support.patch(&member, json!({ "status": "suspended" })).await.problem(), "forbidden");
    assert_eq!(support.delete(&member).await.problem(), "forbidden");
    assert_eq!(support.delete(&format!("{OWN}/{id}")).await.problem(), "forbidden", "nor does it end itself unseen");
    assert_eq!(support.get("/api/v1/audit-events/export").await.status, StatusCode::OK);
    let exported = events(&duka, "audit.exported").await;
    assert_eq!(exported[0]["detail"]["support_grant_id"], json!(id), "an export is known by its grant");
    // Without a reason there is none, nor for ever.
    for body in [
        json!({}),
        json!({ "reason": "short" }),
        json!({ "reason": "Ticket\u{0}4711 and more" }),
        json!({ "reason": "x".repeat(501) }),
        json!({ "reason": "Ticket 4711", "duration_minutes": 481 }),
        json!({ "reason": "Ticket 4711", "duration_minutes": 4 }),
        json!({ "reason": "Ticket 4711", "operator_id": person }),
    ] {
        assert_eq!(operator.post(&making(&in_duka), body.clone()).await.status, 422, "{body}");
    }
    // Another tenant neither sees nor ends it.
    assert_eq!(acme.delete(&format!("{OWN}/{id}")).await.problem(), "not_found");
    assert!(!acme.get(OWN).await.raw.contains(&id));
    assert_eq!(support.get("/api/v1/stores").await.status, StatusCode::OK);
    server.stop().await;
}

// Attacks: 19, 20.
async fn what_ends_a_grant_is_felt_at_the_next_request_everywhere(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let acme = server.bootstrap("acme").await;
    let duka = server.tenant("duka", "asha@duka.example").await;
    let operator = server.operator().await;
    let beside = match server.database.kind {
        Kind::Postgres => server.beside().await,
        // One process opens the file; what it remembers is another server's.
        Kind::Sqlite => later(&server, Duration::ZERO).await,
    };
    let (in_acme, in_duka) = (tenant_of(&acme).await, tenant_of(&duka).await);
    let elsewhere = |support: &Client| Client::new(&beside, support.token.clone());
    let good = async |support: &Client| {
        let here = support.get("/api/v1/stores").await.status;
        assert_eq!(elsewhere(support).get("/api/v1/stores").await.status, here, "both servers say the same");
        here == StatusCode::OK
    };
    let (id, support) = grant(&server, &operator, &in_duka, true).await;
    assert!(good(&support).await);
    // Ended there, refused here.
    let owner = Client::new(&beside, duka.token.clone());
    assert_eq!(owner.delete(&format!("{OWN}/{id}")).await.status, StatusCode::NO_CONTENT);
    assert!(!good(&support).await);
    let write = support.post("/api/v1/stores", store("A")).await;
    assert_eq!((write.status, write.problem().as_str()), (StatusCode::UNAUTHORIZED, "unauthenticated"));

    let (id, support) = grant(&server, &operator, &in_duka, false).await;
    assert_eq!(operator.delete(&format!("{ALL}/{id}")).await.status, StatusCode::NO_CONTENT);
    assert!(!good(&support).await);

    let (_, support) = grant(&server, &operator, &in_duka, false).await;
    let at =
        async |by| Client::new(&later(&server, by).await, support.token.clone()).get("/api/v1/stores").await.status;
    assert_eq!(at(Duration::minutes(59)).await, StatusCode::OK);
    assert_eq!(at(Duration::HOUR).await, StatusCode::UNAUTHORIZED, "it runs out by itself");

    // A suspended tenant is read; with its deletion the access ends, and does not come back.
    let path = format!("/api/v1/platform/tenants/{in_duka}");
    assert_eq!(operator.post(&format!("{path}/suspend"), json!({ "reason": "unpaid" })).await.status, 200);
    assert!(good(&support).await);
    assert_eq!(operator.delete(&path).await.status, 200);
    assert!(!good(&support).await);
    assert_eq!(operator.act(&format!("{path}/restore")).await.status, 200);
    assert!(!good(&support).await);

    let (_, support) = grant(&server, &operator, &in_acme, false).await;
    let password = json!({ "current_password": PASSWORD, "new_password": PASSWORD });
    assert_eq!(operator.post("/api/v1/auth/password", password).await.status, StatusCode::NO_CONTENT);
    assert!(!good(&support).await);

    let operator = server.operator().await;
    let (_, support) = grant(&server, &operator, &in_acme, false).await;
    assert!(good(&support).await);
    let trust = LocalTrust::of_the_command_line();
    remove_operator(trust, &server.deps, &OPERATOR.parse().unwrap(), true).await.unwrap();
    assert!(!good(&support).await);
    assert_eq!(operator.post(&making(&in_acme), json!({ "reason": "Ticket 4711" })).await.problem(), "token_revoked");
    let owner = server.sign_in(OPERATOR, "acme").await;
    let why: Vec<_> = events(&owner, "support_grant.ended").await.iter().map(|e| e["detail"]["why"].clone()).collect();
    assert_eq!(why, ["password_changed", "operator_removed"]);
    server.stop().await;
}

// Attacks: 19, 20.
/// Grants are made as fast as can be while the operator is removed: none that was made is left alive.
async fn a_grant_made_while_its_operator_goes_does_not_stay(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let acme = server.bootstrap("acme").await;
    let (operator, tenant) = (server.operator().await, tenant_of(&acme).await);
    let mut race = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (operator, path) = (operator.clone(), making(&tenant));
        race.spawn(async move { operator.post(&path, json!({ "reason": "Ticket 4711" })).await });
    }
    let first = race.join_next().await.unwrap().unwrap();
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let trust = LocalTrust::of_the_command_line();
    remove_operator(trust, &server.deps, &OPERATOR.parse().unwrap(), true).await.unwrap();
    let mut answers = vec![first];
    answers.extend(race.join_all().await);
    for answer in &answers {
        match answer.status {
            StatusCode::CREATED => {
                let support = Client::new(&server.base, Some(answer.text("token")));
                assert_eq!(support.get("/api/v1/stores").await.problem(), "unauthenticated");
            }
            StatusCode::CONFLICT => assert_eq!(answer.problem(), "too_many_support_grants", "{answer:?}"),
            _ => assert_eq!(answer.problem(), "token_revoked", "{answer:?}"),
        }
    }
    assert_eq!(acme.get(&format!("{OWN}?live=true")).await.body["data"], json!([]));
    let (made, ended) =
        (events(&acme, "support_grant.made").await.len(), events(&acme, "support_grant.ended").await.len());
    assert_eq!(made, ended);
    server.stop().await;
}
