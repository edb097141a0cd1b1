use actix_web::HttpRequest;
use actix_web::web::{self, Data};
use cotenant_domain::bootstrap;

use super::schemas::{BootstrapBody, BootstrappedView};
use crate::answer::created;
use crate::app::App;
use crate::error::{Answer, ApiError};
use crate::extract::{Body, origin};
use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::post("bootstrap", "/api/v1/bootstrap", || web::to(begin)).has_secrets().says(|doc| {
        doc.tag("Beginning")
            .about(
                "Begin",
                "Makes the first operator, the first tenant and its owner, who are one person. Once ever: afterwards, and \
                 where no secret is set, there is nothing here.",
            )
            .takes::<BootstrapBody>()
            .gives_versioned::<BootstrappedView>(201)
            .fails(&["not_found", "bootstrap_refused", "invalid_password", "busy"])
    })]
}

async fn begin(app: Data<App>, req: HttpRequest, body: Result<Body<BootstrapBody>, ApiError>) -> Answer {
    let expected = app.settings.bootstrap_secret.as_ref().ok_or_else(ApiError::not_found)?;
    let (given, command) = body?.0.command()?;
    let done = bootstrap::bootstrap(&app.deps, origin(&req), Some(expected), &given, command).await?;
    let version = done.tenant.base.version;
    created("/api/v1/tenant".to_owned(), version, BootstrappedView::from(done))
}
