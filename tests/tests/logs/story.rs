//! A life of the server with everything in it that must not be told.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::JoinHandle;
use actix_web::web::Data;
use actix_web::{App as ActixApp, HttpServer};
use cotenant_api::{ApiSettings, App, configure};
use cotenant_domain::identity::PasswordScreen;
use cotenant_tests::redis::REDIS_PASSWORD;
use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, PASSWORD, SIGNING_KEY};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, RedisServer, TestServer};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// Limits that the story would meet.
const GENEROUS: [&str; 6] = [
    "COTENANT__LIMITS__CLIENT_READ",
    "COTENANT__LIMITS__CLIENT_WRITE",
    "COTENANT__LIMITS__CLIENT_SECRET",
    "COTENANT__LIMITS__PERSON_READ",
    "COTENANT__LIMITS__PERSON_WRITE",
    "COTENANT__LIMITS__PERSON_SECRET",
];
const CONFIRM: &str = "/api/v1/auth/email-confirmations";

/// What was told: the secrets of the story, and every answer to an error.
pub(crate) struct Story {
    pub(crate) canaries: Vec<String>,
    pub(crate) refusals: Vec<String>,
}

impl Story {
    pub(crate) async fn tell(database: FreshDatabase) -> Self {
        let mut story = Self { canaries: Vec::new(), refusals: Vec::new() };
        story.keep(&[BOOTSTRAP_SECRET, SIGNING_KEY, PASSWORD, OPERATOR, "canary"]);
        if let Some((_, rest)) = database.url.split_once("://postgres:") {
            story.keep(&[rest.split('@').next().unwrap()]);
        }
        let slow = ("COTENANT__DATABASE__SLOW_QUERY_MS", "0");
        // Where this machine has no Redis, one that is away: that is told of too.
        let redis = RedisServer::start().await;
        let url = redis.as_ref().map_or(format!("redis://:{REDIS_PASSWORD}@127.0.0.1:1/"), RedisServer::url);
        story.keep(&[REDIS_PASSWORD]);
        let mut settings =
            vec![slow, ("COTENANT__LIMITS__ENABLED", "true"), ("COTENANT__LIMITS__REDIS_URL", url.as_str())];
        settings.extend(GENEROUS.map(|setting| (setting, "1000000/60")));
        let server = TestServer::start_with(database, &settings).await;
        story.bootstraps(&server).await;
        let owner = server.bootstrap("acme").await;
        story.keep_token(&owner);
        story.signs_in(&server).await;
        story.shows_an_address(&server, &owner).await;
        story.invites(&server, &owner).await;
        story.forgets_a_password(&server, &owner).await;
        let owner = server.sign_in(OPERATOR, "acme").await;
        story.keep_token(&owner);
        story.moves(&server, &owner).await;
        let owner = server.sign_in(OPERATOR, "acme").await;
        story.keep_token(&owner);
        story.uses_keys(&server, &owner).await;
        story.gives_support(&server, &owner).await;
        story.does_something_once(&server, &owner).await;
        story.sends_nonsense(&server, &owner).await;
        story.meets_a_broken_database(&server, &owner).await;
        server.stop().await;
        story
    }

    fn keep(&mut self, secrets: &[&str]) {
        self.canaries.extend(secrets.iter().map(|secret| (*secret).to_owned()));
    }

    /// A token, and its parts by themselves.
    fn keep_token(&mut self, client: &Client) {
        let token = client.token.clone().unwrap();
        let parts: Vec<&str> = token.split('.').skip(1).collect();
        self.keep(&parts);
    }

    fn refused(&mut self, answer: &Answer) {
        assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{answer:?}");
        self.refusals.push(format!("{:?} {}", answer.headers, answer.raw));
    }

    async fn bootstraps(&mut self, server: &TestServer) {
        let nobody = server.anonymous();
        let body = |secret: &str, password: &str| {
            json!({ "secret": secret, "email": "canary@first.example", "password": password, "display_name": "canary name",
                "tenant": { "name": "canary tenant", "slug": "canary" } })
        };
        for (secret, password) in
            [("canary of a wrong secret", PASSWORD), (BOOTSTRAP_SECRET, "canary\u{0}"), (BOOTSTRAP_SECRET, "canary")]
        {
            self.refused(&nobody.post("/api/v1/bootstrap", body(secret, password)).await);
        }
        let mut wrong = body(BOOTSTRAP_SECRET, PASSWORD);
        wrong["tenant"] = json!("canary of a tenant");
        self.refused(&nobody.post("/api/v1/bootstrap", wrong).await);
    }

    async fn signs_in(&mut self, server: &TestServer) {
        let nobody = server.anonymous();
        for (email, password) in [(OPERATOR, "canary of a wrong password"), ("canary@nobody.example", PASSWORD)] {
            for platform in [true, false] {
                let body = json!({ "email": email, "password": password, "platform": platform });
                self.refused(&nobody.post("/api/v1/auth/login", body).await);
            }
        }
        let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
        let signed_in = nobody.post("/api/v1/auth/login", body).await;
        let renewed =
            nobody.post("/api/v1/auth/refresh", json!({ "refresh_token": signed_in.text("refresh_token") })).await;
        for token in [&signed_in, &renewed].map(|answer| answer.text("refresh_token")) {
            self.keep(&token.split('_').skip(3).collect::<Vec<_>>());
        }
        self.refused(&nobody.post("/api/v1/auth/refresh", json!({ "refresh_token": "rfr_canary" })).await);
        let operator = server.operator().await;
        self.keep_token(&operator);
        self.refused(&operator.get("/api/v1/stores").await);
        let long = "canary".repeat(1_000);
        for line in ["Bearer canary-of-a-token", "Basic Y2FuYXJ5OmNhbmFyeQ==", "canary", "Bearer canary canary", &long]
        {
            let headers =
                [("Authorization", line), ("User-Agent", "canary of an agent"), ("X-Request-Id", "canary of an id")];
            self.refused(&nobody.send(Method::GET, "/api/v1/stores?q=canary", &headers, None).await);
        }
        self.keep(&["Y2FuYXJ5"]);
    }

    /// Somebody shows that the address they have is theirs.
    async fn shows_an_address(&mut self, server: &TestServer, owner: &Client) {
        let asked = owner.act("/api/v1/auth/email-verifications").await;
        assert_eq!(asked.status, 202, "{asked:?}");
        let token = self.another_address_token(server, OPERATOR).await;
        let nobody = server.anonymous();
        let forged = format!("{}canary", &token[..token.len() - 6]);
        self.refused(&nobody.post(CONFIRM, json!({ "token": forged })).await);
        let confirmed = nobody.post(CONFIRM, json!({ "token": token })).await;
        assert_eq!(confirmed.status, 200, "{confirmed:?}");
        self.refused(&nobody.post(CONFIRM, json!({ "token": token })).await);
        self.keep(&["Confirm your email address", "To show that"]);
    }

    async fn invites(&mut self, server: &TestServer, owner: &Client) {
        let body = json!({ "name": "Duka", "slug": "duka", "owner_email": "asha@duka.example" });
        assert_eq!(server.operator().await.post("/api/v1/platform/tenants", body).await.status, 201);
        self.accepts(server, "asha@duka.example").await;
        assert_eq!(owner.post("/api/v1/invitations", json!({ "email": "new@acme.example" })).await.status, 201);
        self.accepts(server, "new@acme.example").await;
        self.keep(&["asha@duka.example", "new@acme.example", "You are invited", "To accept, send", "Invitation to"]);
        // Somebody who is known, and signed in.
        assert_eq!(owner.post("/api/v1/invitations", json!({ "email": "asha@duka.example" })).await.status, 201);
        let asha = server.sign_in("asha@duka.example", "duka").await;
        self.keep_token(&asha);
        let token = self.another_token(server, "asha@duka.example").await;
        let accepted = asha.post("/api/v1/invitations/accept", json!({ "token": token })).await;
        assert_eq!(accepted.status, 200, "{accepted:?}");
        let switched = asha.post("/api/v1/auth/switch", json!({ "tenant": "acme" })).await;
        let switched = server.signed_in(switched);
        self.keep_token(&switched);
        self.refused(&asha.get("/api/v1/auth/me").await);
        assert_eq!(switched.act("/api/v1/auth/logout").await.status, 204);
        self.refused(&switched.act("/api/v1/auth/logout").await);
    }

    async fn forgets_a_password(&mut self, server: &TestServer, owner: &Client) {
        let nobody = server.anonymous();
        for (current, new) in
            [("canary of a present one", PASSWORD), (PASSWORD, "canary"), (PASSWORD, "canary\u{0}more")]
        {
            let body = json!({ "current_password": current, "new_password": new });
            self.refused(&owner.post("/api/v1/auth/password", body).await);
        }
        let next = "canary of a next password";
        let body = json!({ "current_password": PASSWORD, "new_password": next });
        assert_eq!(owner.post("/api/v1/auth/password", body).await.status, 204);
        // That message is not to come after the next one.
        server.settle().await;
        for email in [OPERATOR, "canary@nobody.example"] {
            let asked = nobody.post("/api/v1/auth/password-resets", json!({ "email": email })).await;
            assert_eq!(asked.status, 202, "{asked:?}");
        }
        let token = server.mailed_token(OPERATOR, "rpw_").await;
        self.keep(&[&token[4..], "Somebody asked", "To set one, send", "Set a new password", "was changed. All other"]);
        let confirm = |token: &str, password: &str| json!({ "token": token, "new_password": password });
        let path = "/api/v1/auth/password-resets/confirm";
        for (token, password) in [(token.as_str(), "canary"), ("rpw_canary", PASSWORD)] {
            self.refused(&nobody.post(path, confirm(token, password)).await);
        }
        let back = nobody.post(path, confirm(&token, PASSWORD)).await;
        assert_eq!(back.status, 204, "{back:?}");
        self.refused(&nobody.post(path, confirm(&token, PASSWORD)).await);
    }

    /// Somebody has another address, and then their own again.
    async fn moves(&mut self, server: &TestServer, owner: &Client) {
        let nobody = server.anonymous();
        let path = "/api/v1/auth/email-changes";
        for (email, password) in [
            ("canary@acme.example", "canary of a present one"),
            ("canary of an address", PASSWORD),
            ("canary@", "canary"),
        ] {
            self.refused(&owner.post(path, json!({ "email": email, "current_password": password })).await);
        }
        let (mut from, mut owner) = (OPERATOR, owner.clone());
        for to in ["moved@acme.example", OPERATOR] {
            let asked = owner.post(path, json!({ "email": to, "current_password": PASSWORD })).await;
            assert_eq!(asked.status, 202, "{asked:?}");
            for mailbox in [to, from] {
                let token = self.another_address_token(server, mailbox).await;
                let forged = format!("{}canary", &token[..token.len() - 6]);
                for wrong in ["eml_canary", &forged] {
                    self.refused(&nobody.post(CONFIRM, json!({ "token": wrong })).await);
                }
                let confirmed = nobody.post(CONFIRM, json!({ "token": token })).await;
                assert_eq!(confirmed.status, 200, "{confirmed:?}");
                self.refused(&nobody.post(CONFIRM, json!({ "token": token })).await);
            }
            owner = server.sign_in(to, "acme").await;
            self.keep_token(&owner);
            from = to;
        }
        self.keep(&[
            "moved@acme.example",
            "Somebody wants",
            "is signed in to your account",
            "Your new email address",
            "the change of your email address",
        ]);
    }

    async fn accepts(&mut self, server: &TestServer, email: &str) {
        let token = self.keep_invitation(server.invitation_token(email).await);
        let accept =
            |token: &str, password: &str| json!({ "token": token, "display_name": "New", "password": password });
        let nobody = server.anonymous();
        let forged = format!("{}canary", &token[..token.len() - 6]);
        for (token, password) in [(token.as_str(), "canary"), ("inv_canary", PASSWORD), (forged.as_str(), PASSWORD)] {
            self.refused(&nobody.post("/api/v1/invitations/accept", accept(token, password)).await);
        }
        server.accept(email).await;
        self.refused(&nobody.post("/api/v1/invitations/accept", accept(&token, PASSWORD)).await);
    }

    fn keep_invitation(&mut self, token: String) -> String {
        let secret = token.rsplit('_').next().unwrap().to_owned();
        assert_eq!(secret.len(), 64, "{token}");
        self.keep(&[&secret, &token[..40]]);
        token
    }

    /// The invitation in a later message.
    async fn another_token(&mut self, server: &TestServer, email: &str) -> String {
        let token = self.unknown(email, async || server.invitation_token(email).await).await;
        self.keep_invitation(token)
    }

    /// What shows an address, in a later message.
    async fn another_address_token(&mut self, server: &TestServer, email: &str) -> String {
        let token = self.unknown(email, async || server.mailed_token(email, "eml_").await).await;
        self.keep(&[&token[4..]]);
        token
    }

    /// A token that is not among those known.
    async fn unknown(&self, email: &str, newest: impl AsyncFn() -> String) -> String {
        for _ in 0..400 {
            let token = newest().await;
            if !self.canaries.iter().any(|known| token.ends_with(known)) {
                return token;
            }
            actix_web::rt::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no second message to {email} within ten seconds");
    }

    async fn uses_keys(&mut self, server: &TestServer, owner: &Client) {
        let path = "/api/v1/service-accounts";
        let account = owner.post(path, json!({ "name": "Program of the story" })).await;
        let keys = format!("{path}/{}/keys", account.id());
        let made = owner.post(&keys, json!({ "name": "Key of the story" })).await;
        let rotated = owner.post(&format!("{keys}/{}/rotate", made.id()), json!({ "overlap_seconds": 0 })).await;
        for key in [made.text("key"), rotated.text("key")] {
            self.keep(&[key.rsplit('_').next().unwrap()]);
            let program = Client::new(&server.base, Some(key));
            self.refused(&program.get("/api/v1/stores").await);
            self.refused(&program.post("/api/v1/stores", json!({ "name": "canary" })).await);
        }
        let forged = Client::new(&server.base, Some(format!("{}{}", made.text("prefix"), "canary0".repeat(9))));
        self.refused(&forged.get("/api/v1/stores").await);
    }

    async fn gives_support(&mut self, server: &TestServer, owner: &Client) {
        let operator = server.operator().await;
        self.keep_token(&operator);
        let path = format!("/api/v1/platform/tenants/{}/support-grants", owner.get("/api/v1/tenant").await.id());
        self.refused(&operator.post(&path, json!({ "reason": "canary" })).await);
        let made = operator.post(&path, json!({ "reason": "canary of a reason" })).await;
        assert_eq!(made.status, 201, "{made:?}");
        let token = made.text("token");
        let (known, secret) = token.rsplit_once('_').unwrap();
        self.keep(&[secret, "was given access to"]);
        let support = Client::new(&server.base, Some(token.clone()));
        assert_eq!(support.get("/api/v1/stores").await.status, 200);
        self.refused(&support.post("/api/v1/stores", json!({ "name": "canary" })).await);
        self.refused(&support.get("/api/v1/auth/me").await);
        let forged = Client::new(&server.base, Some(format!("{known}_{}", "canary0".repeat(9))));
        self.refused(&forged.get("/api/v1/stores").await);
        assert_eq!(owner.delete(&format!("/api/v1/support-grants/{}", made.id())).await.status, 204);
        self.refused(&support.get("/api/v1/stores").await);
    }

    /// What a client writes into its keys is not ours to tell, and a secret that was shown once is not told again.
    async fn does_something_once(&mut self, server: &TestServer, owner: &Client) {
        let once = async |client: &Client, path: &str, key: &str, body: serde_json::Value| {
            client.send(Method::POST, path, &[("Idempotency-Key", key)], Some(body.to_string())).await
        };
        let store = |code: &str| json!({ "name": "Store of the story", "code": code, "currency": "KES" });
        let key = "canary-of-an-idempotency-key";
        for _ in 0..2 {
            assert_eq!(once(owner, "/api/v1/stores", key, store("ONCE")).await.status, 201);
        }
        for wrong in [key, "canary of a key", "canary-\u{e4}"] {
            self.refused(&once(owner, "/api/v1/stores", wrong, store("TWICE")).await);
        }
        let account = once(owner, "/api/v1/service-accounts", key, json!({ "name": "Program that asks again" })).await;
        let keys = format!("/api/v1/service-accounts/{}/keys", account.id());
        let tenant = owner.get("/api/v1/tenant").await.id();
        let grants = format!("/api/v1/platform/tenants/{tenant}/support-grants");
        let operator = server.operator().await;
        self.keep_token(&operator);
        for (client, path, body, secret) in [
            (owner, keys, json!({ "name": "Key of the story" }), "key"),
            (&operator, grants, json!({ "reason": "Ticket 4711: asked twice" }), "token"),
        ] {
            let made = once(client, &path, key, body.clone()).await;
            self.keep(&[made.text(secret).rsplit('_').next().unwrap()]);
            self.refused(&once(client, &path, key, body).await);
        }
    }

    async fn sends_nonsense(&mut self, server: &TestServer, owner: &Client) {
        let bodies = [
            "{\"canary\"",
            "canary",
            "\"canary\"",
            "[\"canary\"]",
            "{\"email\":[\"canary\"],\"name\":{\"canary\":1}}",
            "{\"password\":\"canary\"}",
            "{\"email\":\"canary\\ud800\"}",
            "{\"name\":\"canary\\u0000\",\"code\":\"canary canary\"}",
            "{\"email\":\"canary\",\"password\":\"canary\",\"tenant\":\"canary canary\",\"platform\":\"canary\"}",
        ];
        let paths = ["/api/v1/auth/login", "/api/v1/stores", "/api/v1/invitations/accept", "/api/v1/roles"];
        for (path, body) in paths.iter().flat_map(|path| bodies.map(|body| (path, body))) {
            let client = if path.contains("stores") || path.contains("roles") { owner } else { &server.anonymous() };
            let sent = client.send(Method::POST, path, &[], Some(body.to_owned())).await;
            // An answer names an unknown field, since whoever sent it has to find it: only values are kept back.
            if body.contains("\"canary\":") || body.contains("{\"canary\"") {
                assert!(sent.status.is_client_error());
            } else {
                self.refused(&sent);
            }
        }
        for path in [
            "/canary",
            "/api/v1/stores/canary",
            "/api/v1/stores?cursor=canary",
            "/api/v1/stores?limit=canary&sort=canary",
        ] {
            self.refused(&owner.get(path).await);
        }
        let tag = [("If-Match", "\"canary\" canary"), ("Content-Type", "application/canary")];
        self.refused(&owner.send(Method::PATCH, "/api/v1/tenant", &tag, Some("{\"name\":\"canary\"}".into())).await);
    }

    /// The database refuses a row: its own message may quote the row, and ours must not.
    async fn meets_a_broken_database(&mut self, server: &TestServer, owner: &Client) {
        let store = |code: &str| json!({ "name": "canary of a store", "code": code, "currency": "KES" });
        assert_eq!(owner.post("/api/v1/stores", store("canary-1")).await.status, 201);
        self.refused(&owner.post("/api/v1/stores", store("canary-1")).await);
        let postgres = ["ALTER TABLE stores ADD CONSTRAINT refusal CHECK (code <> 'refused-2')"];
        let sqlite = [
            "CREATE TRIGGER refusal BEFORE INSERT ON stores WHEN NEW.code = 'refused-2' BEGIN SELECT RAISE(FAIL, 'refused'); END",
        ];
        execute(server, if server.database.kind == Kind::Postgres { &postgres } else { &sqlite }).await;
        let answer = owner.post("/api/v1/stores", store("refused-2")).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"), "{answer:?}");
        self.refused(&answer);
        execute(server, &["ALTER TABLE roles RENAME TO roles_away"]).await;
        let answer =
            owner.post("/api/v1/roles", json!({ "name": "canary role", "permissions": ["stores.read"] })).await;
        assert_eq!(answer.problem(), "internal", "{answer:?}");
        self.refused(&answer);
    }
}

async fn execute(server: &TestServer, statements: &[&str]) {
    for statement in statements {
        let statement = AssertSqlSafe((*statement).to_owned());
        match server.database.kind {
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&server.database.url).await.unwrap();
                sqlx::query(statement).execute(&mut connection).await.unwrap();
            }
            Kind::Sqlite => {
                let mut connection = SqliteConnection::connect(&server.database.url).await.unwrap();
                sqlx::query(statement).execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// Falls over every password, and says which.
struct Falling;

impl PasswordScreen for Falling {
    fn is_common(&self, password: &SecretString, _: &[&str]) -> bool {
        panic!("what to do with {}?", password.expose_secret())
    }
}

/// A second server over the same use cases, with a part that panics.
pub(crate) struct Fragile {
    pub(crate) base: String,
    handle: ServerHandle,
    task: JoinHandle<std::io::Result<()>>,
}

impl Fragile {
    pub(crate) async fn start(server: &TestServer) -> Self {
        let mut deps = server.deps.clone();
        deps.screen = Arc::new(Falling);
        let settings = ApiSettings {
            body_limit: 65_536,
            request_timeout: Duration::from_secs(30),
            trusted_proxies: Vec::new(),
            allowed_origins: Vec::new(),
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
        let running = http.run();
        let handle = running.handle();
        Self { base, handle, task: actix_web::rt::spawn(running) }
    }

    pub(crate) async fn stop(self) {
        self.handle.stop(true).await;
        self.task.await.unwrap().unwrap();
    }
}
