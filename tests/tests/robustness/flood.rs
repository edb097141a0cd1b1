//! Signing in is expensive on purpose. It must neither hold up everything else nor tell which addresses exist.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use cotenant_domain::Deps;
use cotenant_domain::identity::{
    HashError, Login, LoginError, PasswordCheck, PasswordHash, PasswordHasher, login, login_operator,
};
use cotenant_domain::tenancy::Origin;
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::{FreshDatabase, TestServer, on_both_databases};
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::json;
use tokio::task::JoinSet;

on_both_databases! {
    a_flood_of_sign_ins_does_not_hold_up_other_requests;
    who_finds_the_queue_of_sign_ins_full_is_told_so;
    a_refused_sign_in_costs_the_same_whoever_it_is_for;
}

const FLOOD: usize = 10;
const REQUESTS: usize = 10;
/// How many sign-ins may be answered while that many lists are. Hashes that block the server's thread would let through
/// less than one list for each hash, and hashes beside it let through dozens.
const MEANWHILE: usize = REQUESTS / 2;

// Attacks: 27.
async fn a_flood_of_sign_ins_does_not_hold_up_other_requests(database: FreshDatabase) {
    // One thread and one hash at a time, each of them far slower than a list: the gate is the order of the answers.
    let slow = [
        ("COTENANT__SERVER__WORKERS", "1"),
        ("COTENANT__AUTH__HASHING_PERMITS", "1"),
        ("COTENANT__AUTH__ARGON2_ITERATIONS", "100"),
        ("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000"),
    ];
    let server = TestServer::start_with(database, &slow).await;
    let owner = server.bootstrap("acme").await;
    // The thread that asks is never the one that hashes: asked once, the hasher has no answer yet.
    let mut hashing = server.deps.passwords.verify(SecretString::from(PASSWORD), None);
    let handed_over = poll_fn(|context| Poll::Ready(hashing.as_mut().poll(context).is_pending())).await;
    assert!(handed_over, "the hash was computed on the thread that answers requests");
    assert_eq!(hashing.await.unwrap(), PasswordCheck::Wrong);
    let answered = Arc::new(AtomicUsize::new(0));
    let mut flood = JoinSet::new();
    for n in 0..FLOOD {
        let (stranger, answered) = (server.anonymous(), answered.clone());
        flood.spawn(async move {
            let body = json!({ "email": format!("nobody-{n}@acme.example"), "password": PASSWORD });
            let answer = stranger.post("/api/v1/auth/login", body).await;
            answered.fetch_add(1, Ordering::SeqCst);
            answer
        });
    }
    // From here on the flood is under way: the first of it has been answered.
    let first = flood.join_next().await.unwrap().unwrap();
    let before = answered.load(Ordering::SeqCst);
    for _ in 0..REQUESTS {
        let list = owner.get("/api/v1/stores").await;
        assert_eq!(list.status, StatusCode::OK, "{list:?}");
    }
    let after = answered.load(Ordering::SeqCst);
    let meanwhile = after - before;
    assert!(after < FLOOD, "the lists were held up until all sign-ins were answered");
    assert!(meanwhile <= MEANWHILE, "{meanwhile} sign-ins came between {REQUESTS} lists");
    let mut refused = flood.join_all().await;
    refused.push(first);
    for answer in refused {
        match answer.status {
            StatusCode::UNAUTHORIZED => {}
            // Whoever waits too long for a turn is told when to come back.
            StatusCode::SERVICE_UNAVAILABLE => assert!(answer.headers.contains_key("retry-after"), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
    eprintln!("{REQUESTS} lists were answered while {meanwhile} of {FLOOD} sign-ins were");
    server.stop().await;
}

// Attacks: 27.
async fn who_finds_the_queue_of_sign_ins_full_is_told_so(database: FreshDatabase) {
    let slow = [
        ("COTENANT__AUTH__HASHING_PERMITS", "1"),
        ("COTENANT__AUTH__HASHING_QUEUE", "1"),
        ("COTENANT__AUTH__ARGON2_ITERATIONS", "100"),
    ];
    let server = TestServer::start_with(database, &slow).await;
    server.bootstrap("acme").await;
    let mut flood = JoinSet::new();
    for n in 0..FLOOD {
        let stranger = server.anonymous();
        let body = json!({ "email": format!("nobody-{n}@acme.example"), "password": PASSWORD });
        flood.spawn(async move { stranger.post("/api/v1/auth/login", body).await });
    }
    let answers = flood.join_all().await;
    let told: Vec<_> = answers.iter().filter(|a| a.status == StatusCode::SERVICE_UNAVAILABLE).collect();
    assert!(told.iter().all(|answer| answer.headers.contains_key("retry-after")), "{told:?}");
    // One is hashed and one waits; each that ends lets another in.
    assert!(!told.is_empty() && told.len() <= FLOOD - 2, "{} of {FLOOD}", told.len());
    server.stop().await;
}

/// Counts what reaches the real hasher.
struct Counted {
    inner: Arc<dyn PasswordHasher>,
    hashes: AtomicUsize,
}

#[async_trait]
impl PasswordHasher for Counted {
    async fn hash(&self, password: SecretString) -> Result<PasswordHash, HashError> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        self.inner.hash(password).await
    }

    async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<PasswordCheck, HashError> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        self.inner.verify(password, hash).await
    }
}

// Attacks: 26.
async fn a_refused_sign_in_costs_the_same_whoever_it_is_for(database: FreshDatabase) {
    // The worker's own statements would be counted with the others.
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    server.bootstrap("acme").await;
    let hasher = Arc::new(Counted { inner: server.deps.passwords.clone(), hashes: AtomicUsize::new(0) });
    let deps = Deps { passwords: hasher.clone(), ..server.deps.clone() };
    let mut costs = Vec::new();
    for (email, tenant, platform) in [
        (OPERATOR, Some("acme"), false),
        ("nobody@acme.example", Some("acme"), false),
        (OPERATOR, Some("globex"), false),
        ("nobody@acme.example", None, false),
        (OPERATOR, None, true),
        ("nobody@acme.example", None, true),
    ] {
        let (hashes, statements) = (hasher.hashes.load(Ordering::SeqCst), server.scoped.meter().statements());
        let refused = sign_in(&deps, email, "not the password of anybody", tenant, platform).await;
        assert!(matches!(refused, Err(LoginError::Invalid)), "{email} {tenant:?} {platform}");
        let cost = (hasher.hashes.load(Ordering::SeqCst) - hashes, server.scoped.meter().statements() - statements);
        costs.push(cost);
    }
    assert_eq!(costs[0].0, 1, "one hash");
    assert!(costs.iter().all(|cost| *cost == costs[0]), "hashes and statements differ: {costs:?}");
    assert!(sign_in(&deps, OPERATOR, PASSWORD, Some("acme"), false).await.is_ok(), "the right password still opens");
    server.stop().await;
}

async fn sign_in(
    deps: &Deps,
    email: &str,
    password: &str,
    tenant: Option<&str>,
    platform: bool,
) -> Result<(), LoginError> {
    let (email, password) = (email.parse().unwrap(), SecretString::from(password));
    if platform {
        return login_operator(deps, &Origin::default(), &email, password).await.map(|_| ());
    }
    let cmd = Login { email, password, tenant: tenant.map(|slug| slug.parse().unwrap()) };
    login(deps, &Origin::default(), cmd).await.map(|_| ())
}
