//! Whoever was let in before and is refused now counts by address: what leaked and was revoked takes nothing from the tenant.

use cotenant_tests::server::OPERATOR;
use cotenant_tests::{Answer, Client, FreshDatabase, TestServer, on_both_databases};
use reqwest::StatusCode;
use serde_json::json;

use crate::{field, policies};

on_both_databases! {
    who_is_refused_from_now_on_counts_by_address_and_takes_nothing_from_the_tenant;
    what_is_good_and_shown_in_the_wrong_place_counts_as_before;
}

const STORES: &str = "/api/v1/stores";
const ACCOUNTS: &str = "/api/v1/service-accounts";
const PLATFORM: &str = "/api/v1/platform/tenants";
/// So slow that nothing comes back while a test runs.
const LIMITS: [(&str, &str); 4] = [
    ("COTENANT__LIMITS__ENABLED", "true"),
    ("COTENANT__LIMITS__TENANT_READ", "200/86400"),
    ("COTENANT__LIMITS__TENANT_WRITE", "200/86400"),
    ("COTENANT__LIMITS__PERSON_SECRET", "1000/60"),
];

/// The names of the policies that an answer was counted against.
fn counted(answer: &Answer) -> Vec<String> {
    policies(answer).into_iter().map(|(name, _)| name).collect()
}

/// What is left of a policy, as an answer says.
fn left(answer: &Answer, policy: &str) -> u32 {
    let state = field(answer, "ratelimit");
    let item = state.split(", ").find_map(|item| item.strip_prefix(&format!("\"{policy}\";r=")));
    assert!(item.is_some(), "no {policy}: {answer:?}");
    item.unwrap().split(';').next().unwrap().parse().unwrap()
}

/// Somebody in a tenant or at the platform, with what they ask for there and how their credential ends.
struct Credential {
    client: Client,
    asks: &'static str,
    policies: &'static [&'static str],
    ended_by: Client,
    /// `DELETE` there or, where it is their own session, `POST`.
    end: String,
}

const LOGOUT: &str = "/api/v1/auth/logout";

impl Credential {
    async fn key(server: &TestServer, owner: &Client) -> Self {
        let account = owner.post(ACCOUNTS, json!({ "name": "Till" })).await.id();
        let made = owner.post(&format!("{ACCOUNTS}/{account}/keys"), json!({ "name": "Till" })).await;
        let end = format!("{ACCOUNTS}/{account}/keys/{}", made.id());
        let client = Client::new(&server.base, Some(made.text("key")));
        Self { client, asks: STORES, policies: &["tenant-read", "key-read"], ended_by: owner.clone(), end }
    }

    async fn grant(server: &TestServer, owner: &Client, operator: &Client) -> Self {
        let tenant = owner.get("/api/v1/tenant").await.id();
        let body = json!({ "reason": "Ticket 4711", "may_write": false });
        let made = operator.post(&format!("{PLATFORM}/{tenant}/support-grants"), body).await;
        let end = format!("/api/v1/support-grants/{}", made.id());
        let client = Client::new(&server.base, Some(made.text("token")));
        Self { client, asks: STORES, policies: &["support-read"], ended_by: owner.clone(), end }
    }

    async fn member(server: &TestServer, owner: &Client) -> Self {
        let client = server.member(owner, "acme", "clerk@acme.example", &[]).await;
        let end =
            format!("/api/v1/members/{}", client.get("/api/v1/auth/me").await.body["user"]["id"].as_str().unwrap());
        Self { client, asks: "/api/v1/auth/me", policies: MEMBER, ended_by: owner.clone(), end }
    }

    async fn session(server: &TestServer) -> Self {
        let client = server.sign_in(OPERATOR, "acme").await;
        Self { ended_by: client.clone(), client, asks: STORES, policies: MEMBER, end: LOGOUT.to_owned() }
    }

    async fn operator(server: &TestServer) -> Self {
        let client = server.operator().await;
        let policies = &["operator-read"];
        Self { ended_by: client.clone(), client, asks: PLATFORM, policies, end: LOGOUT.to_owned() }
    }

    /// One of each kind.
    async fn all(server: &TestServer, owner: &Client, operator: &Client) -> [Self; 5] {
        [
            Self::key(server, owner).await,
            Self::grant(server, owner, operator).await,
            Self::member(server, owner).await,
            Self::session(server).await,
            Self::operator(server).await,
        ]
    }

    /// The server has seen that it is good, and counts for whom it names.
    async fn is_known(&self) {
        assert_ne!(self.client.get(self.asks).await.status, StatusCode::UNAUTHORIZED, "whatever it may do");
        assert_eq!(counted(&self.client.get(self.asks).await), self.policies);
    }

    async fn ends(&self) {
        let ended =
            if self.end == LOGOUT { self.ended_by.act(LOGOUT).await } else { self.ended_by.delete(&self.end).await };
        assert!(ended.status.is_success(), "{ended:?}");
    }
}

const MEMBER: &[&str] = &["tenant-read", "person-read"];

async fn who_is_refused_from_now_on_counts_by_address_and_takes_nothing_from_the_tenant(database: FreshDatabase) {
    let server = TestServer::start_with(database, &LIMITS).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    for credential in Credential::all(&server, &owner, &operator).await {
        credential.is_known().await;
        credential.ends().await;
        let Credential { client, asks, policies: before, .. } = &credential;
        assert_eq!(client.get(asks).await.status, StatusCode::UNAUTHORIZED);
        let reads = left(&owner.get(STORES).await, "tenant-read");
        let writes = left(&owner.post(STORES, json!({})).await, "tenant-write");
        for _ in 0..3 {
            let refused = client.get(asks).await;
            assert_eq!((refused.status, counted(&refused)), (StatusCode::UNAUTHORIZED, vec!["client-read".to_owned()]));
            let refused = client.post(STORES, json!({})).await;
            assert_eq!(
                (refused.status, counted(&refused)),
                (StatusCode::UNAUTHORIZED, vec!["client-write".to_owned()])
            );
        }
        assert_eq!(left(&owner.get(STORES).await, "tenant-read"), reads - 1, "the owner's own, after {before:?}");
        assert_eq!(left(&owner.post(STORES, json!({})).await, "tenant-write"), writes - 1, "likewise");
    }
    server.stop().await;
}

/// Or else who asks in the wrong place every other time is counted half.
async fn what_is_good_and_shown_in_the_wrong_place_counts_as_before(database: FreshDatabase) {
    let server = TestServer::start_with(database, &LIMITS).await;
    let owner = server.bootstrap("acme").await;
    let operator = server.operator().await;
    let all = Credential::all(&server, &owner, &operator).await;
    for credential in &all {
        credential.is_known().await;
        let elsewhere = if credential.asks == PLATFORM { STORES } else { PLATFORM };
        assert_eq!(credential.client.get(elsewhere).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(counted(&credential.client.get(credential.asks).await), credential.policies);
    }
    let [key, ..] = &all;
    let mut token = key.client.token.clone().unwrap();
    let last = token.pop().unwrap();
    token.push(if last == '0' { '1' } else { '0' });
    assert_eq!(Client::new(&server.base, Some(token)).get(STORES).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(counted(&key.client.get(STORES).await), key.policies, "whoever guesses at a key does it no harm");
    server.stop().await;
}
