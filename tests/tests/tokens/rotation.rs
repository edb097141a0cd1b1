//! Keys over HTTP: how everybody comes to know them, and how they change under running servers.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use cotenant_infrastructure::OsSecrets;
use cotenant_infrastructure::signing_keys::{Algorithm, KNOWN_AFTER, Ring, change};
use cotenant_tests::server::{OPERATOR, PASSWORD};
use cotenant_tests::sign::decode;
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, TestServer, eventually, prove};
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const JWKS: &str = "/.well-known/jwks.json";
const ME: &str = "/api/v1/auth/me";
const PLATFORM: &str = "/api/v1/platform/tenants";

fn generate(path: &Path, now: OffsetDateTime) -> String {
    change(path, now, |ring| ring.generate(Algorithm::EdDsa, &OsSecrets, now)).unwrap().kid
}

/// The settings of a server whose keys are in a file.
fn keys_in(path: &str) -> [(&str, &str); 2] {
    [("COTENANT__AUTH__SIGNING_KEY", ""), ("COTENANT__AUTH__KEY_FILE", path)]
}

async fn published(base: &str) -> Vec<String> {
    let answer = Client::new(base, None).get(JWKS).await;
    answer.body["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn signs_in(base: &str) -> Answer {
    let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let answer = Client::new(base, None).post("/api/v1/auth/login", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer
}

/// What a token says about itself.
fn header(token: &str) -> Value {
    serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap()
}

// Attacks: 21.
pub(crate) async fn everybody_can_verify_a_token_by_the_published_key(database: FreshDatabase) {
    let file = database.home.path().join("keys.json");
    let kid = generate(&file, OffsetDateTime::UNIX_EPOCH);
    let server = TestServer::start_with(database, &keys_in(&file.display().to_string())).await;
    let owner = server.bootstrap("acme").await;
    let answer = server.anonymous().get(JWKS).await;
    assert_eq!(
        (answer.status, answer.headers["cache-control"].as_bytes()),
        (StatusCode::OK, &b"public, max-age=300"[..])
    );
    assert!(KNOWN_AFTER > Duration::seconds(300), "who keeps a copy knows a key before it signs");
    let [key] = &answer.body["keys"].as_array().unwrap()[..] else { panic!("{answer:?}") };
    let x = key["x"].as_str().unwrap();
    let whole = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": kid, "x": x });
    assert_eq!(*key, whole, "and nothing private");
    for client in [owner, server.operator().await] {
        let token = client.token.unwrap();
        assert_eq!(header(&token), json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid }));
        let (input, signature) = token.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&ED25519, decode(x));
        assert!(key.verify(input.as_bytes(), &decode(signature)).is_ok());
    }
    let database = server.stop().await;

    // Where tokens are signed with a secret, there is nothing that everybody may know.
    let server = TestServer::start(database).await;
    let answer = server.anonymous().get(JWKS).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({ "keys": [] })));
    server.stop().await;
}

/// Somebody who works without a pause at two servers: with one token all the time, and with a new one from the one server at
/// once at the other.
struct Worker {
    bases: [String; 2],
    kept: [String; 2],
    refresh_token: String,
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct Seen {
    requests: u64,
    refused: Vec<String>,
    kids: Vec<String>,
}

impl Worker {
    async fn works(mut self) -> Seen {
        let mut seen = Seen::default();
        let mut last = false;
        // Once more after it is told to stop, so that each has worked with what there is at the end.
        while !last {
            last = self.stop.load(Ordering::Relaxed);
            self.bases.reverse();
            let [here, there] = &self.bases;
            let body = json!({ "refresh_token": self.refresh_token });
            let renewed = Client::new(here, None).post("/api/v1/auth/refresh", body).await;
            self.refresh_token = renewed.text("refresh_token");
            let token = renewed.text("access_token");
            seen.kids.push(header(&token)["kid"].as_str().unwrap().to_owned());
            seen.asks(there, ME, &token).await;
            seen.asks(here, ME, &self.kept[0]).await;
            seen.asks(there, PLATFORM, &self.kept[1]).await;
        }
        seen.kids.dedup();
        seen
    }
}

impl Seen {
    async fn asks(&mut self, base: &str, path: &str, token: &str) {
        let answer = Client::new(base, Some(token.to_owned())).get(path).await;
        self.requests += 1;
        if answer.status != StatusCode::OK {
            self.refused.push(format!("{path} by {}: {}", header(token), answer.raw));
        }
    }
}

// Attacks: 21.
pub(crate) async fn keys_change_and_no_request_is_refused(database: FreshDatabase) {
    let kind = database.kind;
    let file = database.home.path().join("keys.json");
    let first = generate(&file, OffsetDateTime::UNIX_EPOCH);
    let text = file.display().to_string();
    let server = TestServer::start_with(database, &keys_in(&text)).await;
    // SQLite has one server.
    let other = if kind == Kind::Postgres { server.beside_with(&keys_in(&text)).await } else { server.base.clone() };
    let bases = [server.base.clone(), other];
    let kept = [server.bootstrap("acme").await.token.unwrap(), server.operator().await.token.unwrap()];
    let stop = Arc::new(AtomicBool::new(false));
    let mut work = Vec::new();
    for _ in 0..2 {
        let refresh_token = signs_in(&bases[0]).await.text("refresh_token");
        let worker = Worker { bases: bases.clone(), kept: kept.clone(), refresh_token, stop: stop.clone() };
        work.push(actix_web::rt::spawn(worker.works()));
    }
    let now = server.deps.clock.now();
    let second = generate(&file, now);
    for base in &bases {
        eventually("the next key is published", async || published(base).await == [first.as_str(), second.as_str()])
            .await;
    }
    let rotate = |ring: &mut Ring| ring.rotate(now, Duration::HOUR, true);
    change(&file, now, rotate).unwrap();
    for base in &bases {
        eventually("the next key signs", async || {
            header(&signs_in(base).await.text("access_token"))["kid"] == second.as_str()
        })
        .await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut requests = 0;
    for worker in work {
        let seen = worker.await.unwrap();
        assert_eq!(seen.refused, Vec::<String>::new(), "while keys change nobody is refused");
        assert!(seen.kids.contains(&first) && seen.kids.last() == Some(&second), "{:?}", seen.kids);
        requests += seen.requests;
    }
    assert!(requests > 20, "{requests}");

    // What was signed with a key that is removed is nobody's soon after, on every server.
    let fresh = signs_in(&bases[0]).await.text("access_token");
    change(&file, now, |ring| ring.retire(&first)).unwrap();
    for base in &bases {
        let with = |token: &str| Client::new(base, Some(token.to_owned()));
        eventually("the first key is gone", async || published(base).await == [second.as_str()]).await;
        for (token, path) in [(&kept[0], ME), (&kept[1], PLATFORM)] {
            assert_eq!(with(token).get(path).await.problem(), "unauthenticated");
        }
        assert_eq!(with(&fresh).get(ME).await.status, StatusCode::OK);
    }
    let told = [("requests while keys changed", requests), ("refused", 0)];
    prove::figures("rotation of keys", &format!("{kind:?}"), &told);
    server.stop().await;
}
