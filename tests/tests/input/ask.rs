//! A place with something of everything, and questions to it that need not be well-formed.

use std::collections::BTreeMap;

use cotenant_api::{Audience, PROBLEMS, Route, openapi, routes};
use cotenant_tests::rows::{Rows, differing};
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, http_client};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Tokens that are good once, at routes that take them in a body.
#[derive(Default)]
pub(crate) struct Tokens {
    /// An invitation that waits for a new person.
    pub(crate) invitation_token: String,
    /// What renews a session of the owner's.
    pub(crate) refresh_token: String,
    pub(crate) reset_token: String,
    /// What shows the next address of a member's.
    pub(crate) address_token: String,
}

/// A server with two tenants, in which every kind of thing exists.
pub(crate) struct Place {
    pub(crate) server: TestServer,
    pub(crate) owner: Client,
    pub(crate) operator: Client,
    /// The owner of the other tenant.
    pub(crate) stranger: Client,
    pub(crate) tokens: Tokens,
    /// An id that exists for each parameter of an address.
    pub(crate) ids: BTreeMap<&'static str, String>,
    http: reqwest::Client,
}

/// An id that nothing has.
pub(crate) const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

impl Place {
    pub(crate) async fn build(database: FreshDatabase) -> Self {
        let server = TestServer::start(database).await;
        let owner = server.bootstrap("acme").await;
        let stranger = server.tenant("duka", "asha@duka.example").await;
        let operator = server.operator().await;
        let tenants = operator.get("/api/v1/platform/tenants?q=duka").await;
        let mut ids = BTreeMap::from([("tenant_id", tenants.body["data"][0]["id"].as_str().unwrap().to_owned())]);
        for code in ["T1", "T2"] {
            let store = json!({ "name": code, "code": code, "currency": "KES" });
            ids.insert("store_id", made(&owner, "/api/v1/stores", store).await);
        }
        let products = format!("/api/v1/stores/{}/products", ids["store_id"]);
        for (sku, price) in [("S1", 5), ("S2", 7)] {
            let product = json!({ "sku": sku, "name": sku, "price_minor": price, "currency": "KES", "stock": 1 });
            ids.insert("product_id", made(&owner, &products, product).await);
        }
        let role = json!({ "name": "Clerk", "permissions": ["stores.read"] });
        ids.insert("role_id", made(&owner, "/api/v1/roles", role).await);
        let member = server.member(&owner, "acme", "clerk@acme.example", &[]).await.get("/api/v1/auth/me").await;
        ids.insert("user_id", member.body["user"]["id"].as_str().unwrap().to_owned());
        let given = owner.put(&format!("/api/v1/members/{}/roles/{}", ids["user_id"], ids["role_id"])).await;
        assert_eq!(given.status, StatusCode::OK, "{given:?}");
        let second = server.member(&owner, "acme", "second@acme.example", &[&ids["role_id"]]).await;
        let moving = json!({ "email": "moved@acme.example", "current_password": PASSWORD });
        assert_eq!(second.post("/api/v1/auth/email-changes", moving).await.status, 202);
        for name in ["First", "Till"] {
            ids.insert("service_account_id", made(&owner, "/api/v1/service-accounts", json!({ "name": name })).await);
        }
        let keys = format!("/api/v1/service-accounts/{}/keys", ids["service_account_id"]);
        for name in ["Old", "Till"] {
            ids.insert("key_id", made(&owner, &keys, json!({ "name": name })).await);
        }
        for email in ["first@acme.example", "new@acme.example"] {
            ids.insert("invitation_id", made(&owner, "/api/v1/invitations", json!({ "email": email })).await);
            server.invitation_token(email).await;
        }
        let invitation_token = server.invitation_token("new@acme.example").await;
        let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
        let refresh_token = server.anonymous().post("/api/v1/auth/login", body).await.text("refresh_token");
        let forgetful = json!({ "email": "clerk@acme.example" });
        assert_eq!(server.anonymous().post("/api/v1/auth/password-resets", forgetful).await.status, 202);
        let reset_token = server.mailed_token("clerk@acme.example", "rpw_").await;
        let unknown = json!({ "email": "nobody@nowhere.example" });
        assert_eq!(server.anonymous().post("/api/v1/auth/password-resets", unknown).await.status, 202);
        let job = server.database.dead_job(None).await;
        let acme = owner.get("/api/v1/tenant").await.id();
        server.database.dead_job_with_id(Some(&acme), job.parse().unwrap()).await;
        ids.insert("job_id", job);
        let address_token = server.mailed_token("moved@acme.example", "eml_").await;
        let acme = owner.get("/api/v1/tenant").await.id();
        let grants = format!("/api/v1/platform/tenants/{acme}/support-grants");
        for reason in ["Ticket 4711", "Ticket 4712"] {
            ids.insert("support_grant_id", made(&operator, &grants, json!({ "reason": reason })).await);
        }
        let session = owner.get("/api/v1/auth/sessions").await.body["data"][0]["id"].as_str().unwrap().to_owned();
        ids.insert("session_id", session);
        let http = http_client();
        server.settle().await;
        let tokens = Tokens { invitation_token, refresh_token, reset_token, address_token };
        Self { server, owner, operator, stranger, tokens, ids, http }
    }

    /// A server in which nothing is yet.
    pub(crate) fn empty(server: TestServer) -> Self {
        let nobody = server.anonymous();
        let (owner, operator, stranger) = (nobody.clone(), nobody.clone(), nobody);
        let (ids, http) = (BTreeMap::new(), http_client());
        Self { server, owner, operator, stranger, tokens: Tokens::default(), ids, http }
    }

    /// The route's path with ids of things that exist.
    pub(crate) fn address(&self, route: &Route) -> String {
        self.ids.iter().fold(route.path.to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id))
    }

    /// Whose token opens the route.
    pub(crate) fn token(&self, route: &Route) -> Option<&str> {
        match route.audience {
            Audience::Public | Audience::Visitor => None,
            Audience::SignedIn | Audience::Tenant => self.owner.token.as_deref(),
            Audience::Platform => self.operator.token.as_deref(),
        }
    }

    /// Asks with whatever bytes; a JSON content type unless `headers` say another, none where there is no body.
    pub(crate) async fn ask(
        &self,
        route: &Route,
        address: &str,
        headers: &[(&str, &[u8])],
        body: Option<Vec<u8>>,
    ) -> Answer {
        self.ask_as(self.token(route), route.method.clone().as_str(), address, headers, body).await
    }

    pub(crate) async fn ask_as(
        &self,
        token: Option<&str>,
        method: &str,
        address: &str,
        headers: &[(&str, &[u8])],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{address}", self.server.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let named = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        if let Some(body) = body {
            request = request.body(body);
            if !named("content-type") {
                request = request.header("Content-Type", "application/json");
            }
        }
        for (name, value) in headers.iter().filter(|(_, value)| *value != NO_HEADER) {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{address}: no answer: {error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let raw = response.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&raw).unwrap_or(Value::Null), raw }
    }

    pub(crate) async fn rows(&self) -> Rows {
        self.server.database.rows().await
    }

    /// Fails where a row of any table changed since `before`.
    pub(crate) async fn unchanged(&self, before: &Rows, except: &[&str], after_what: &str) {
        let mut changed = differing(before, &self.rows().await);
        changed.retain(|table| !except.contains(&table.as_str()));
        assert!(changed.is_empty(), "{after_what}: rows of {changed:?} changed");
    }
}

/// Stands for a header that is left out.
pub(crate) const NO_HEADER: &[u8] = b"\0none";

async fn made(client: &Client, path: &str, body: Value) -> String {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    answer.id()
}

/// The routes under `/api/v1`, each with its description.
pub(crate) fn described() -> Vec<(Route, Value)> {
    let document = serde_json::to_value(openapi()).unwrap();
    let api = routes().into_iter().filter(|route| route.path.starts_with("/api/"));
    api.map(|route| {
        let operation = document["paths"][route.path][route.method.as_str().to_lowercase()].clone();
        assert!(operation.is_object(), "{} {} is not described", route.method, route.path);
        (route, operation)
    })
    .collect()
}

/// What a list is asked with that takes a body: a role without permissions, which concerns all who hold it.
pub(crate) fn asked_with(route: &Route) -> Option<Vec<u8>> {
    (route.method != "GET").then(|| json!({ "permissions": [] }).to_string().into_bytes())
}

/// The parameters that a description names in `place`.
pub(crate) fn parameters(operation: &Value, place: &str) -> Vec<Value> {
    let all = operation["parameters"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|parameter| parameter["in"] == place).collect()
}

/// Fails unless the answer is a whole problem document with one of these statuses and codes.
pub(crate) fn refused(answer: &Answer, expected: &[(u16, &str)], what: &str) {
    let said = format!("{what}: {} {}", answer.status, answer.raw);
    let status = answer.status.as_u16();
    assert!((400..500).contains(&status), "{said}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{said}");
    let code = answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
    assert!(expected.contains(&(status, code)), "{said}: expected {expected:?}");
    let known = PROBLEMS.iter().find(|kind| kind.code == code).unwrap_or_else(|| panic!("{said}: unknown code"));
    assert_eq!((&answer.body["status"], &answer.body["title"]), (&json!(status), &json!(known.title)), "{said}");
    assert_eq!(known.status, status, "{said}");
    assert!(answer.body["detail"].as_str().is_some_and(|detail| detail.len() > 3), "{said}");
    assert_eq!(answer.body["request_id"].as_str(), answer.headers["x-request-id"].to_str().ok(), "{said}");
    for item in answer.body["errors"].as_array().into_iter().flatten() {
        let places = ["pointer", "parameter", "header"].iter().filter(|place| item[**place].is_string()).count();
        assert!(places == 1 && item["detail"].as_str().is_some_and(|d| !d.is_empty()), "{said}");
    }
    let pinned =
        ["invalid", "malformed_json", "invalid_path", "invalid_header", "invalid_cursor", "unsupported_media_type"];
    assert!(!pinned.contains(&code) || answer.body["errors"].as_array().is_some_and(|e| !e.is_empty()), "{said}");
}

/// The places that an answer points at, of one kind.
pub(crate) fn named<'a>(answer: &'a Answer, place: &str) -> Vec<&'a str> {
    answer.body["errors"].as_array().into_iter().flatten().filter_map(|item| item[place].as_str()).collect()
}
