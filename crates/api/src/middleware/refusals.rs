use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::rt;
use actix_web::rt::time::timeout;
use actix_web::web::Data;
use cotenant_domain::audit::{Refusal, record_refusal};
use cotenant_domain::tenancy::Permission;
use tracing::Instrument;

use crate::app::App;
use crate::error::Problem;
use crate::extract::acting;

/// How long a refusal waits for its record. It is there before the answer where all is well; where the database is slow or
/// away, the answer goes first and the record follows, or its failure is logged.
const PATIENCE: Duration = Duration::from_millis(500);

/// Records in the tenant's audit log that a member was refused something. This is the one place where every refusal passes,
/// of whichever use case; answers of any other kind cost one look at their status.
pub(super) async fn record(needed: Option<Permission>, answer: &ServiceResponse<BoxBody>) {
    if answer.status() != StatusCode::FORBIDDEN {
        return;
    }
    let request = answer.request();
    let actor = acting(request).ok().flatten();
    let (Some(actor), Some(app)) = (actor, request.app_data::<Data<App>>().cloned()) else { return };
    let code = answer.response().extensions().get::<Problem>().map(|problem| problem.code);
    // Some use cases need more than their route names; the actor knows what was refused.
    let (Some(permission), Some(code)) = (actor.refused().or(needed), code) else { return };
    let path = request.match_pattern().unwrap_or_default();
    let refusal = Refusal { permission, code, request: format!("{} {path}", request.method()) };
    let writing = async move {
        if let Err(error) = record_refusal(&actor, &app.deps, &app.restraint, refusal).await {
            tracing::warn!(%error, %permission, "a refusal is not in the audit log");
        }
    };
    let _ = timeout(PATIENCE, rt::spawn(writing.in_current_span())).await;
}
