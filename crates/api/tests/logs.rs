//! What is logged. A program of its own: a subscriber that comes and goes beside other tests misses lines, since `tracing`
//! remembers of each line whether anybody listened when it was first reached.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests: what fails here ends the test")]

#[path = "http/support.rs"]
#[expect(dead_code, reason = "the other test program uses the rest of it")]
mod support;

use std::io;
use std::sync::{Arc, Mutex};

use cotenant_testkit::World;
use cotenant_testkit::world::{OPERATOR, PASSWORD};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use support::{client, request};

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn requests(&self) -> Vec<Value> {
        let lines = self.text().lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>();
        lines.into_iter().map(|line| line["fields"].clone()).filter(|fields| fields["message"] == "request").collect()
    }
}

#[actix_web::test]
async fn each_request_is_one_line_that_tells_who_and_what_and_no_secret() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(lines.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let world = World::bootstrap().await;
    let client = client(&world).await;

    let body = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let session = client.post("/api/v1/auth/login", "", body).await.json();
    let token = session["access_token"].as_str().unwrap();
    let wrong = json!({ "email": OPERATOR, "password": "canary-of-a-password", "tenant": ["canary-of-a-field"] });
    client.post("/api/v1/auth/login", "", wrong).await;
    let ask = request("GET", "/api/v1/stores?q=canary-of-a-query", token).insert_header(("X-Request-Id", "asked-1"));
    client.send(ask).await;
    client.get("/canary-of-an-address", "canary-of-a-token").await;

    let requests = lines.requests();
    assert_eq!(requests.len(), 4, "{}", lines.text());
    let listed = &requests[2];
    assert_eq!((&listed["request_id"], &listed["route"]), (&json!("asked-1"), &json!("/api/v1/stores")));
    assert_eq!((&listed["method"], &listed["status"]), (&json!("GET"), &json!(200)));
    assert_eq!((&listed["user_id"], &listed["tenant_id"]), (&session["user"]["id"], &session["tenant"]["id"]));
    assert!(listed["latency_ms"].is_f64());
    assert_eq!((&requests[3]["route"], &requests[3]["tenant_id"]), (&json!("-"), &json!(null)));
    for secret in ["canary", PASSWORD, token, OPERATOR] {
        assert!(!lines.text().contains(secret), "{secret} is in the log: {}", lines.text());
    }
}
