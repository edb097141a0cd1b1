//! A server in a process of its own, with an owner who may write.

use std::time::{Duration, Instant};

use cotenant_tests::program::Served;
use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, PASSWORD};
use cotenant_tests::{Client, Kind, Program, prove};
use reqwest::StatusCode;
use serde_json::json;

use crate::found::found;
use crate::load::Load;
use crate::verdict::{Counts, judge};

/// How soon a server has to serve again when its database is back.
pub(crate) const BACK_WITHIN: Duration = Duration::from_secs(5);
/// Longer than any return takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program over a database.
pub(crate) fn program(url: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
        .with("COTENANT__DATABASE__URL", url)
        .with("COTENANT__BOOTSTRAP__SECRET", BOOTSTRAP_SECRET)
        .with("COTENANT__AUTH__ACCESS_TOKEN_SECONDS", "86400")
        .with("COTENANT__LOG__FILTER", "warn")
}

/// The same with little patience where the database is away: more than a new connection takes on a loaded machine.
pub(crate) fn impatient(url: &str) -> Program {
    program(url)
        .with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "1500")
        .with("COTENANT__DATABASE__STATEMENT_TIMEOUT_MS", "1000")
}

/// Makes the first tenant; the token of its owner.
pub(crate) async fn bootstrap(base: &str) -> String {
    let stranger = Client::new(base, None);
    let body = json!({
        "secret": BOOTSTRAP_SECRET, "email": OPERATOR, "password": PASSWORD, "display_name": "Olu Adeyemi",
        "tenant": { "name": "Acme", "slug": "acme" }
    });
    let begun = stranger.post("/api/v1/bootstrap", body).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
    let credentials = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
    let signed_in = stranger.post("/api/v1/auth/login", credentials).await;
    assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
    signed_in.text("access_token")
}

/// How long it takes from now on until the server says that it can work.
pub(crate) async fn until_ready(base: &str) -> Duration {
    let (began, stranger) = (Instant::now(), Client::new(base, None));
    while stranger.get("/readyz").await.status != StatusCode::OK {
        assert!(began.elapsed() < PATIENCE, "not ready within {PATIENCE:?}");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    began.elapsed()
}

/// Ends the load and then the server, as a service manager does, and compares what is left with the ledger.
pub(crate) async fn reckon(load: Load, served: Served, kind: Kind, url: &str) -> Counts {
    let ledger = load.end().await;
    served.terminate();
    // Its last words to the database may go through a proxy that lives on this thread.
    let ended = tokio::task::spawn_blocking(|| served.ended()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
    judge(&ledger, &found(kind, url).await)
}

/// Leaves the figures of a check, with those of its own in front.
pub(crate) fn leave(check: &str, kind: Kind, own: &[(&str, u64)], counts: Counts) {
    let counted = [
        ("acknowledged", counts.acknowledged),
        ("refused", counts.refused),
        ("unknown", counts.unknown),
        ("of these took effect", counts.took_effect),
        ("lost writes", 0),
        ("double effects", 0),
        ("gaps in the log", 0),
    ];
    prove::figures(check, &format!("{kind:?}"), &[own, &counted].concat());
}
