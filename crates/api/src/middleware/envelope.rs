use std::sync::Arc;
use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use tracing::Instrument;
use tracing::field::Empty;

use super::request_id::RequestId;
use super::{cors, headers, log, problem};
use crate::app::App;
use crate::connection::Connection;
use crate::error::ApiError;

/// What surrounds every request: its id, its span and its log line, its problem document, its headers, and CORS.
pub(crate) async fn envelope(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let begun = Instant::now();
    let _running = req.conn_data::<Arc<Connection>>().map(Connection::begin);
    let Some(app) = req.app_data::<Data<App>>().cloned() else {
        return Err(ApiError::internal("the application was mounted without its state").into());
    };
    let id = RequestId::of(&req, &*app.deps.ids);
    req.extensions_mut().insert(id.clone());
    let origins = &app.settings.allowed_origins;
    let origin = cors::allowed(&req, origins);
    let response = match cors::preflight(&req, origins) {
        Some(answer) => req.into_response(answer),
        None => {
            let span = tracing::info_span!(
                "request",
                request_id = &*id.0,
                tenant_id = Empty,
                user_id = Empty,
                service_account_id = Empty,
                support_grant_id = Empty
            );
            next.call(req).instrument(span).await?.map_into_boxed_body()
        }
    };
    let mut response = problem::write(response, &id);
    headers::finish(response.headers_mut(), &id, app.is_https());
    cors::admit(response.headers_mut(), origin, origins);
    log::line(&response, &id, begun.elapsed());
    Ok(response)
}
