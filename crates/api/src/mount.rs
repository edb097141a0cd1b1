use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PayloadConfig, ServiceConfig};

use crate::app::App;
use crate::error::ApiError;
use crate::middleware::envelope;
use crate::routes;

/// Mounts everything: the API under `/api/v1`, and `/docs`, `/problems`, `/healthz` and `/readyz` at the root. Whatever
/// else is asked for is answered with a problem document.
pub fn configure(app: &Data<App>, cfg: &mut ServiceConfig) {
    let scope = routes::mount(web::scope("")).default_service(web::to(nowhere)).wrap(from_fn(envelope));
    cfg.app_data(app.clone()).app_data(PayloadConfig::new(app.settings.body_limit)).service(scope);
}

async fn nowhere() -> Result<&'static str, ApiError> {
    Err(ApiError::not_found())
}
