//! A server of the test's own, and clients that come over HTTP like everybody.

use std::path::PathBuf;
use std::time::Duration;

use actix_web::rt::task::JoinHandle;
use cotenant_domain::Deps;
use cotenant_infrastructure::ScopedDatabase;
use cotenant_server::config::{Config, Sources};
use cotenant_server::{Failure, Running, Stop, start};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::FreshDatabase;
use crate::eventually;

/// The secret of `POST /bootstrap` in test servers.
pub const BOOTSTRAP_SECRET: &str = "bootstrap-secret-for-the-tests-2c8f41";
/// The key that test servers sign with.
pub const SIGNING_KEY: &str = "signing-key-for-the-tests-7d1e93b0a54c26f8";
/// The name of that key: the first eight bytes of SHA-256 of `cotenant signing key`, a zero and the key, in hexadecimal.
pub const SIGNING_KEY_ID: &str = "e15b83582d2b2419";
/// Everybody's password.
pub const PASSWORD: &str = "seven tall giraffes at dusk";
/// How long a client waits for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first operator, who owns the first tenant.
pub const OPERATOR: &str = "operator@cotenant.example";

/// A server over a database, in this process.
pub struct TestServer {
    /// `http://127.0.0.1:PORT`.
    pub base: String,
    /// What the server's use cases reach the world through.
    pub deps: Deps,
    /// The server's database, whose meter counts statements.
    pub scoped: ScopedDatabase,
    /// Where its mail goes.
    pub mail: PathBuf,
    /// The database; the test can break it.
    pub database: FreshDatabase,
    handle: Stop,
    task: JoinHandle<Result<(), Failure>>,
}

/// The configuration of a test server over a database; more settings as pairs of variable and value.
pub fn configuration(database: &FreshDatabase, more: &[(&str, &str)]) -> Config {
    let mail = database.home.path().join("mail");
    let mut sources = Sources::default()
        .with("COTENANT_ENV", "test")
        .with("COTENANT__DATABASE__URL", &database.url)
        .with("COTENANT__DATA_DIR", database.home.path().display().to_string())
        .with("COTENANT__MAIL__DIRECTORY", mail.display().to_string())
        .with("COTENANT__BOOTSTRAP__SECRET", BOOTSTRAP_SECRET)
        .with("COTENANT__AUTH__SIGNING_KEY", SIGNING_KEY)
        .with("COTENANT__SERVER__WORKERS", "2");
    for (variable, value) in more {
        sources = sources.with(*variable, *value);
    }
    Config::load(&sources).unwrap()
}

impl TestServer {
    /// Starts a server over the database.
    pub async fn start(database: FreshDatabase) -> Self {
        Self::start_with(database, &[]).await
    }

    /// Starts a server with more settings, as pairs of variable and value.
    pub async fn start_with(database: FreshDatabase, more: &[(&str, &str)]) -> Self {
        let config = configuration(&database, more);
        let running: Running = start(&config).await.unwrap();
        let base = format!("http://{}", running.address());
        let (deps, scoped, handle) = (running.deps().clone(), running.database().clone(), running.handle());
        let mail = database.home.path().join("mail");
        let task = actix_web::rt::spawn(running.run());
        Self { base, deps, scoped, mail, database, handle, task }
    }

    /// Starts a second server over the same database, as another process would be, and gives its address. It ends with the
    /// test.
    pub async fn beside(&self) -> String {
        self.beside_with(&[]).await
    }

    /// The same with more settings.
    pub async fn beside_with(&self, more: &[(&str, &str)]) -> String {
        self.beside_and_deps(more).await.0
    }

    /// The same, with what its use cases reach the world through.
    pub async fn beside_and_deps(&self, more: &[(&str, &str)]) -> (String, Deps) {
        let running = start(&configuration(&self.database, more)).await.unwrap();
        let (base, deps) = (format!("http://{}", running.address()), running.deps().clone());
        actix_web::rt::spawn(running.run());
        (base, deps)
    }

    /// Stops the server as SIGTERM does; gives the database back.
    pub async fn stop(self) -> FreshDatabase {
        self.handle.stop();
        self.task.await.unwrap().unwrap();
        self.database
    }

    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Client {
        Client::new(&self.base, None)
    }

    /// Makes the operator, and the tenant `slug` that they own; signs the owner in.
    pub async fn bootstrap(&self, slug: &str) -> Client {
        let body = json!({
            "secret": BOOTSTRAP_SECRET, "email": OPERATOR, "password": PASSWORD, "display_name": "Olu Adeyemi",
            "tenant": { "name": slug, "slug": slug }
        });
        let answer = self.anonymous().post("/api/v1/bootstrap", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        self.sign_in(OPERATOR, slug).await
    }

    /// Signs a member in to a tenant.
    pub async fn sign_in(&self, email: &str, slug: &str) -> Client {
        let body = json!({ "email": email, "password": PASSWORD, "tenant": slug });
        self.signed_in(self.anonymous().post("/api/v1/auth/login", body).await)
    }

    /// Signs the operator in to the platform.
    pub async fn operator(&self) -> Client {
        let body = json!({ "email": OPERATOR, "password": PASSWORD, "platform": true });
        self.signed_in(self.anonymous().post("/api/v1/auth/login", body).await)
    }

    /// A client with the token of an answer to a sign-in.
    pub fn signed_in(&self, answer: Answer) -> Client {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        Client::new(&self.base, Some(answer.text("access_token")))
    }

    /// Makes another tenant through the platform, its owner accepting by mail; signs the owner in.
    pub async fn tenant(&self, slug: &str, owner: &str) -> Client {
        let body = json!({ "name": slug, "slug": slug, "owner_email": owner });
        let answer = self.operator().await.post("/api/v1/platform/tenants", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        self.accept(owner).await;
        self.sign_in(owner, slug).await
    }

    /// Invites somebody into a client's tenant with roles tenant-wide, and has them accept; signs them in to `slug`.
    pub async fn member(&self, inviter: &Client, slug: &str, email: &str, roles: &[&str]) -> Client {
        let answer = inviter.post("/api/v1/invitations", json!({ "email": email, "role_ids": roles })).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        self.accept(email).await;
        self.sign_in(email, slug).await
    }

    /// Accepts the last invitation that went to an address, as a new person.
    pub async fn accept(&self, email: &str) {
        let token = self.invitation_token(email).await;
        let body = json!({ "token": token, "display_name": email.split('@').next(), "password": PASSWORD });
        let answer = self.anonymous().post("/api/v1/invitations/accept", body).await;
        assert!(answer.status.is_success(), "{answer:?}");
    }

    /// The token of an invitation in the newest message to an address: waits for the worker to send it.
    pub async fn invitation_token(&self, email: &str) -> String {
        self.mailed_token(email, "inv_").await
    }

    /// The line that begins so in the newest message to an address: waits for the worker to send it.
    pub async fn mailed_token(&self, email: &str, beginning: &str) -> String {
        for _ in 0..400 {
            let newest = self.mails(email).pop();
            let line = newest.as_ref().and_then(|text| text.lines().map(str::trim).find(|l| l.starts_with(beginning)));
            if let Some(token) = line {
                return token.to_owned();
            }
            actix_web::rt::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no message to {email} within ten seconds");
    }

    /// Waits until nothing is left to do: jobs that wait for another day are no business of the present one.
    pub async fn settle(&self) {
        eventually("no job is left", async || self.database.jobs_to_do().await == 0).await;
    }

    /// The messages to an address so far, oldest first.
    pub fn mails(&self, email: &str) -> Vec<String> {
        let files = std::fs::read_dir(&self.mail).into_iter().flatten().flatten();
        let mut files: Vec<_> = files.map(|f| f.path()).collect();
        // A message has another name, with a dot before it, until it is whole.
        files.retain(|path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
        files.sort();
        let to = format!("To: {email}");
        let texts = files.iter().filter_map(|path| std::fs::read_to_string(path).ok());
        texts.filter(|text| text.lines().any(|line| line.trim_end() == to)).collect()
    }
}

/// Somebody with or without a token.
#[derive(Clone)]
pub struct Client {
    base: String,
    /// The bearer token.
    pub token: Option<String>,
    http: reqwest::Client,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; `null` where it is empty or not JSON.
    pub body: Value,
    /// The body as text.
    pub raw: String,
}

impl Answer {
    /// A text in the body.
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no text {field} in {self:?}")).to_owned()
    }

    /// The `id` in the body.
    pub fn id(&self) -> String {
        self.text("id")
    }

    /// The code of a problem document.
    pub fn problem(&self) -> String {
        self.text("type").trim_start_matches("/problems/").to_owned()
    }
}

/// An HTTP client that gives up: a server that hangs shall fail a test and not keep it. It uses no connection again that the
/// server may be closing at that very moment, as it does where nothing came for five seconds.
pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder().timeout(PATIENCE).pool_idle_timeout(Duration::from_secs(2)).build().unwrap()
}

impl Client {
    /// A client of the server at `base`.
    pub fn new(base: &str, token: Option<String>) -> Self {
        Self { base: base.to_owned(), token, http: http_client() }
    }

    /// A request of any kind; a header `Content-Type` is set where there is a body.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.body(body);
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                request = request.header("Content-Type", "application/json");
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let raw = response.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&raw).unwrap_or(Value::Null), raw }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(body.to_string())).await
    }

    /// `POST` without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], None).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, &[], Some(body.to_string())).await
    }

    /// `PUT` without a body.
    pub async fn put(&self, path: &str) -> Answer {
        self.send(Method::PUT, path, &[], None).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }
}
