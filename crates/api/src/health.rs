//! Whether the server lives, and whether it can work.

use actix_web::web::{self, Data};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::found;
use crate::app::App;
use crate::error::Answer;
use crate::route::Route;

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "status": "ok" }))]
struct HealthView {
    /// `ok`.
    status: &'static str,
}

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("live", "/healthz", || web::to(live)).says(|doc| {
            doc.tag("Health")
                .about("Is it alive?", "It answers as long as the process does; the database is not asked.")
                .gives::<HealthView>(200)
        }),
        Route::get("ready", "/readyz", || web::to(ready)).says(|doc| {
            doc.tag("Health")
                .about("Can it work?", "It answers 503 while the database does not.")
                .gives::<HealthView>(200)
                .fails(&["unavailable"])
        }),
    ]
}

async fn live() -> Answer {
    found(HealthView { status: "ok" })
}

async fn ready(app: Data<App>) -> Answer {
    app.deps.db.ping().await?;
    found(HealthView { status: "ok" })
}
