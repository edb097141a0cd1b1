//! What reaches another tenant, or a store out of reach.
//!
//! With all walls standing: nothing. `tests/walls/run` takes one wall away at a time and runs this to see what the others
//! still hold; it sets `COTENANT_ONE_WALL_LESS` to a folder, and what leaks is then written there instead of failing.
//!
//! The attacks are the plain ones: somebody who may do everything in their own place asks for an object of another by its
//! id, lists, and adds objects of their own there. They name the tenant they want in `User-Agent` too, which is where the
//! patch that takes the types away lets a handler take it from.

#![expect(clippy::unwrap_used, reason = "a test's set-up that fails ends the test")]

use std::path::Path;

use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, on_both_databases};
use reqwest::Method;
use serde_json::{Value, json};

on_both_databases! {
    nothing_of_another_tenant_or_store_is_reached;
}

/// An object that somebody must not reach, and how they try.
struct Target<'a> {
    kind: &'static str,
    owner: &'a Client,
    thief: Client,
    tenant: String,
    list: String,
    id: String,
    /// What they try to add, and to which of the owner's lists.
    forged: Vec<(String, Value)>,
}

// Attacks: 1, 10.
async fn nothing_of_another_tenant_or_store_is_reached(database: FreshDatabase) {
    let on = format!("{:?}", database.kind).to_lowercase();
    let server = TestServer::start(database).await;
    let (ours, theirs) = (server.bootstrap("acme").await, server.tenant("globex", "owner@globex.example").await);
    let tenant = ours.get("/api/v1/tenant").await.id();
    let open = async |code: &str| {
        made(&ours, "/api/v1/stores", &json!({ "name": code, "code": code, "currency": "KES" })).await
    };
    let (target, here, there) = (open("TARGET").await, open("HERE").await, open("THERE").await);
    let products = format!("/api/v1/stores/{here}/products");
    let priced = |sku: &str| json!({ "sku": sku, "name": sku, "price_minor": 100, "currency": "KES" });
    let product = made(&ours, &products, &priced("TEA")).await;
    let clerk = keeper(&server, &ours, &there).await;
    let stores = "/api/v1/stores".to_owned();
    let annex = json!({ "name": "Annex", "code": "ANNEX", "currency": "KES" });
    let targets = [
        Target {
            kind: "tenant",
            owner: &ours,
            thief: theirs,
            tenant: tenant.clone(),
            forged: vec![(stores.clone(), annex), (format!("{stores}/{target}/products"), priced("SALT"))],
            list: stores,
            id: target,
        },
        Target {
            kind: "store",
            owner: &ours,
            thief: clerk,
            tenant,
            forged: vec![(products.clone(), priced("SALT"))],
            list: products,
            id: product,
        },
    ];
    let mut lines = Vec::new();
    for target in &targets {
        lines.push(format!("{on} | read | {} | {}", target.kind, verdict(target.is_read().await)));
        lines.push(format!(
            "{on} | insert | {} | {}",
            target.kind,
            verdict(target.is_added_to(&server.database).await)
        ));
        lines.push(format!("{on} | write | {} | {}", target.kind, verdict(target.is_written().await)));
    }
    server.stop().await;
    match std::env::var("COTENANT_ONE_WALL_LESS") {
        Ok(folder) => std::fs::write(Path::new(&folder).join(&on), lines.join("\n") + "\n").unwrap(),
        Err(_) => assert!(lines.iter().all(|line| line.ends_with("stopped")), "{lines:#?}"),
    }
}

fn verdict(leaks: bool) -> &'static str {
    if leaks { "LEAKS" } else { "stopped" }
}

async fn made(client: &Client, path: &str, body: &Value) -> String {
    let answer = client.post(path, body.clone()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.id()
}

/// A member who may do everything that can be held at a store, at `store` alone.
async fn keeper(server: &TestServer, owner: &Client, store: &str) -> Client {
    let roles = owner.get("/api/v1/roles?limit=100").await.body["data"].clone();
    let role = roles.as_array().unwrap().iter().find(|role| role["system"] == "owner").unwrap()["id"].clone();
    let invitation = json!({ "email": "keeper@acme.example", "store_roles": [{ "store_id": store, "role_id": role }] });
    assert_eq!(owner.post("/api/v1/invitations", invitation).await.status, 201);
    server.accept("keeper@acme.example").await;
    server.sign_in("keeper@acme.example", "acme").await
}

impl Target<'_> {
    async fn asks(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let headers = [("User-Agent", self.tenant.as_str())];
        self.thief.send(method, path, &headers, body.map(|body| body.to_string())).await
    }

    fn path(&self) -> String {
        format!("{}/{}", self.list, self.id)
    }

    async fn is_read(&self) -> bool {
        let alone = self.asks(Method::GET, &self.path(), None).await;
        let listed = self.asks(Method::GET, &format!("{}?limit=100", self.list), None).await;
        [alone, listed].iter().any(|answer| answer.status == 200 && answer.raw.contains(&self.id))
    }

    async fn is_added_to(&self, database: &FreshDatabase) -> bool {
        let mut leaks = false;
        for (list, row) in &self.forged {
            let before = self.rows(database).await;
            self.asks(Method::POST, list, Some(row.clone())).await;
            if self.rows(database).await == before {
                // Nothing but who asked was wrong with it.
                made(self.owner, list, row).await;
                assert_ne!(self.rows(database).await, before, "what is added is seen");
            } else {
                leaks = true;
            }
        }
        leaks
    }

    /// How many stores and products are the tenant's or the target's. The database tells: a list of the owner's, with a wall
    /// taken away, shows what others have added to their own place too.
    async fn rows(&self, database: &FreshDatabase) -> usize {
        let plain = |text: &str| text.to_lowercase().replace('-', "");
        let (rows, ids) = (database.rows().await, [plain(&self.tenant), plain(&self.id)]);
        let rows = ["stores", "products"].map(|table| plain(&rows[table]));
        rows.iter().flat_map(|rows| rows.lines()).filter(|row| ids.iter().any(|id| row.contains(id))).count()
    }

    async fn is_written(&self) -> bool {
        let before = self.owner.get(&self.path()).await;
        assert_eq!(before.status, 200, "the target is there: {before:?}");
        self.asks(Method::PATCH, &self.path(), Some(json!({ "name": "Taken" }))).await;
        self.asks(Method::DELETE, &self.path(), None).await;
        let after = self.owner.get(&self.path()).await;
        (after.status, after.body) != (before.status, before.body)
    }
}
