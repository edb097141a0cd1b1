//! A tenant with its owner, and what is made in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cotenant_tests::{Answer, Client, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::case::Request;

/// A tenant and its owner. Two of them are furnished alike: with the same codes, SKUs, names and addresses.
pub(crate) struct House {
    /// Its name in addresses.
    pub(crate) slug: String,
    /// Its id.
    pub(crate) tenant: String,
    /// Its owner, signed in.
    pub(crate) owner: Client,
    /// A store.
    pub(crate) here: String,
    /// Another one.
    pub(crate) there: String,
}

/// Everything of a tenant that its owner can see.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    /// What each address answers.
    pub(crate) data: BTreeMap<String, Value>,
    /// The last event of the audit log, whose number has no gaps, but for refusals.
    pub(crate) last_event: Value,
}

impl State {
    /// Every id in it.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.data.values().flat_map(uuids).collect()
    }
}

/// Everything that can be held.
pub(crate) fn all_permissions() -> Vec<&'static str> {
    cotenant_domain::tenancy::Permission::ALL.iter().map(|p| p.code()).collect()
}

impl House {
    /// The tenant of somebody who is signed in, with its two stores.
    pub(crate) async fn of(owner: Client) -> Self {
        let tenant = owner.get("/api/v1/auth/me").await.body["tenant"].clone();
        let text = |name: &str| tenant[name].as_str().unwrap().to_owned();
        let (slug, tenant) = (text("slug"), text("id"));
        let mut house = Self { slug, tenant, owner, here: String::new(), there: String::new() };
        house.here = house.store("HERE").await;
        house.there = house.store("THERE").await;
        house
    }

    /// Makes something; its id.
    pub(crate) async fn make(&self, path: &str, body: Value) -> String {
        let answer = self.owner.post(path, body).await;
        assert_eq!(answer.status, 201, "{path}: {answer:?}");
        answer.id()
    }

    /// A store.
    pub(crate) async fn store(&self, code: &str) -> String {
        self.make("/api/v1/stores", store(code)).await
    }

    /// A product of a store.
    pub(crate) async fn product(&self, store: &str, sku: &str) -> String {
        self.make(&format!("/api/v1/stores/{store}/products"), product(sku)).await
    }

    /// A role.
    pub(crate) async fn role(&self, name: &str, permissions: &[&str]) -> String {
        self.make("/api/v1/roles", json!({ "name": name, "permissions": permissions })).await
    }

    /// One of the roles that every tenant has.
    pub(crate) async fn system_role(&self, key: &str) -> String {
        let roles = self.owner.get("/api/v1/roles?limit=100").await.body["data"].clone();
        let role = roles.as_array().unwrap().iter().find(|role| role["system"] == key).unwrap();
        role["id"].as_str().unwrap().to_owned()
    }

    /// A service account.
    pub(crate) async fn service(&self, name: &str) -> String {
        self.make("/api/v1/service-accounts", json!({ "name": name })).await
    }

    /// A key of a service account: its id, and a client that uses it.
    pub(crate) async fn key(&self, server: &TestServer, service: &str) -> (String, Client) {
        let path = format!("/api/v1/service-accounts/{service}/keys");
        let made = self.owner.post(&path, json!({ "name": "Key" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        (made.id(), Client::new(&server.base, Some(made.text("key"))))
    }

    /// Gives a service account a role, in the whole tenant or at a store.
    pub(crate) async fn grant_service(&self, service: &str, role: &str, store: Option<&str>) {
        let query = store.map(|store| format!("?store_id={store}")).unwrap_or_default();
        let answer = self.owner.put(&format!("/api/v1/service-accounts/{service}/roles/{role}{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// An invitation of `NAME@guests.example`.
    pub(crate) async fn invitation(&self, name: &str) -> String {
        self.make("/api/v1/invitations", json!({ "email": format!("{name}@guests.example") })).await
    }

    /// A member with these roles in the whole tenant: signed in, and the id.
    pub(crate) async fn member(&self, server: &TestServer, name: &str, roles: &[&str]) -> (Client, String) {
        let email = format!("{name}@{}.example", self.slug);
        let client = server.member(&self.owner, &self.slug, &email, roles).await;
        let id = user_id(&client).await;
        (client, id)
    }

    /// Gives a role, in the whole tenant or at a store.
    pub(crate) async fn grant(&self, user: &str, role: &str, store: Option<&str>) {
        let query = store.map(|store| format!("?store_id={store}")).unwrap_or_default();
        let answer = self.owner.put(&format!("/api/v1/members/{user}/roles/{role}{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Deletes what has just been made at an address.
    pub(crate) async fn delete(&self, path: &str) {
        let answer = self.owner.delete(path).await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
    }

    /// Everything of the tenant that its owner sees, once no message waits to be sent.
    pub(crate) async fn state(&self) -> State {
        self.settle().await;
        let mut data = BTreeMap::new();
        for path in [
            "/api/v1/tenant",
            "/api/v1/stores?limit=100&include_deleted=true",
            "/api/v1/roles?limit=100",
            "/api/v1/members?limit=100",
            "/api/v1/members?limit=100&status=removed",
            "/api/v1/invitations?limit=100",
            "/api/v1/service-accounts?limit=100",
        ] {
            data.insert(path.to_owned(), self.whole(path).await);
        }
        for service in data["/api/v1/service-accounts?limit=100"]["data"].as_array().unwrap().clone() {
            let service = service["id"].as_str().unwrap();
            let path = format!("/api/v1/service-accounts/{service}/keys?limit=100");
            data.insert(path.clone(), self.whole(&path).await);
        }
        let stores = data["/api/v1/stores?limit=100&include_deleted=true"]["data"].as_array().unwrap().clone();
        for store in stores.iter().filter(|store| store["deleted_at"].is_null()) {
            let id = store["id"].as_str().unwrap();
            let path = format!("/api/v1/stores/{id}/products?limit=100&include_deleted=true");
            data.insert(path.clone(), self.whole(&path).await);
        }
        State { data, last_event: self.last_event().await }
    }

    /// The last event that tells of an act: what was refused is told as well.
    async fn last_event(&self) -> Value {
        let newest = "/api/v1/audit-events?sort=-seq&limit=100";
        let mut log = self.owner.get(newest).await;
        loop {
            let events = log.body["data"].as_array().unwrap();
            if let Some(event) = events.iter().find(|event| event["action"] != "access.refused") {
                return event.clone();
            }
            log = self.owner.get(&format!("{newest}&cursor={}", log.text("next_cursor"))).await;
        }
    }

    async fn whole(&self, path: &str) -> Value {
        let answer = self.owner.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert!(answer.body["next_cursor"].is_null(), "{path} has more than a page");
        answer.body
    }

    /// Waits until every invitation that is open has been sent, which changes it once.
    async fn settle(&self) {
        for _ in 0..400 {
            let open = self.whole("/api/v1/invitations?limit=100&status=pending").await;
            if open["data"].as_array().unwrap().iter().all(|invitation| invitation["version"] != 1) {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("an invitation was not sent within ten seconds");
    }
}

/// A store's body.
pub(crate) fn store(code: &str) -> Value {
    json!({ "name": format!("Store {code}"), "code": code, "currency": "KES" })
}

/// A product's body.
pub(crate) fn product(sku: &str) -> Value {
    json!({ "sku": sku, "name": format!("Product {sku}"), "price_minor": 100, "currency": "KES" })
}

/// Who somebody is.
pub(crate) async fn user_id(client: &Client) -> String {
    client.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap().to_owned()
}

/// A field of each row of a list.
pub(crate) fn column(answer: &Answer, field: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let rows = answer.body["data"].as_array().unwrap();
    rows.iter().map(|row| row[field].as_str().unwrap().to_owned()).collect()
}

/// Every UUID within a JSON document.
pub(crate) fn uuids(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(text) if text.len() == 36 && text.parse::<uuid::Uuid>().is_ok() => [text.clone()].into(),
        Value::Array(items) => items.iter().flat_map(uuids).collect(),
        Value::Object(fields) => fields.values().flat_map(uuids).collect(),
        _ => BTreeSet::new(),
    }
}

/// Sends a request.
pub(crate) async fn send(client: &Client, request: &Request) -> Answer {
    client.send(request.method.clone(), &request.path, &[], request.body.clone()).await
}

/// Sends `method path` with a JSON body where there is one.
pub(crate) async fn send_json(client: &Client, method: &str, path: &str, body: Option<Value>) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    client.send(method, path, &[], body.map(|body| body.to_string())).await
}
