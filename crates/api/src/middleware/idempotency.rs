//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) of requests that make something: it becomes an errand that the
//! actor carries to the unit of work, and the answer is kept, or answered again.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, ContentType, HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage, HttpResponse, ResponseError};
use cotenant_domain::idempotency::{Answer, Errand, Fingerprint, IdempotencyKey, Repetition, Request, conclude};
use cotenant_domain::shared::Id;
use serde_json::json;
use time::OffsetDateTime;

use crate::answer::ShownOnce;
use crate::app::App;
use crate::error::{ApiError, ErrorItem};
use crate::extract::acting;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The errand of a request whose route is done once; `None` where it has no key.
pub(super) fn errand(
    route: &'static str,
    req: &ServiceRequest,
    body: &[u8],
    at: OffsetDateTime,
) -> Result<Option<Errand>, ApiError> {
    let Some(key) = key(req.headers())? else { return Ok(None) };
    let fingerprint = Fingerprint::of(req.method().as_str(), req.path(), body);
    // What is no id is refused where the address is read.
    let store = req.match_info().get("store_id").and_then(|id| id.parse().ok()).map(Id::new);
    let errand = Errand::new(Request { key, route, fingerprint, store, at });
    req.extensions_mut().insert(errand.clone());
    Ok(Some(errand))
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, ApiError> {
    let refused = |why: &dyn std::fmt::Display| {
        Err(ApiError::malformed("invalid_header", ErrorItem::header("Idempotency-Key", why)))
    };
    let mut lines = headers.get_all(KEY);
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => match line.to_str().unwrap_or_default().parse() {
            Ok(key) => Ok(Some(key)),
            Err(error) => refused(&error),
        },
        (Some(_), Some(_)) => refused(&"is given more than once"),
    }
}

/// Keeps the answer to a request with a key, or puts the kept one in its place. What was done for an answer that tells of a
/// failure is undone, and its key is free.
pub(super) async fn finish(app: &App, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let errand = answer.request().extensions().get::<Errand>().cloned();
    let Some(errand) = errand else { return answer };
    if let Some(repetition) = errand.repetition() {
        return answer.into_response(repeated(repetition));
    }
    if !answer.status().is_success() {
        errand.give_up();
        return answer;
    }
    if !errand.is_complete() {
        // Its effect is stored already. A route that does so fails the first time it is tried, and not when an answer is lost.
        return failed(answer, ApiError::internal("a request with an idempotency key was done without it"));
    }
    keep(app, &errand, answer).await
}

/// Undoes what is not concluded: the answer is no longer waited for.
pub(super) fn give_up(answer: &ServiceResponse<BoxBody>) {
    if let Some(errand) = answer.request().extensions().get::<Errand>() {
        errand.give_up();
    }
}

async fn keep(app: &App, errand: &Errand, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let owner = match acting(answer.request()) {
        Ok(actor) => actor.map(|actor| actor.tenant_id()),
        Err(error) => {
            errand.give_up();
            return failed(answer, error);
        }
    };
    let (request, response) = answer.into_parts();
    let (response, body) = response.into_parts();
    let Ok(body) = body.try_into_bytes() else {
        errand.give_up();
        let error = ApiError::internal("an answer that is to be kept is not there as a whole");
        return ServiceResponse::new(request, error.error_response());
    };
    let text = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let secret = response.extensions().get::<ShownOnce>().is_some();
    let kept = Answer {
        status: response.status().as_u16(),
        location: text(header::LOCATION),
        etag: text(header::ETAG),
        body: (!secret).then(|| body.to_vec()),
    };
    match conclude(errand, &app.deps, &app.sweeps, owner, &kept).await {
        Ok(()) => ServiceResponse::new(request, response.set_body(body).map_into_boxed_body()),
        Err(error) => ServiceResponse::new(request, ApiError::from(error).error_response()),
    }
}

fn failed(answer: ServiceResponse<BoxBody>, error: ApiError) -> ServiceResponse<BoxBody> {
    answer.into_response(error.error_response())
}

fn repeated(repetition: Repetition) -> HttpResponse {
    match repetition {
        Repetition::Answered(kept) => replay(kept),
        Repetition::Reused => {
            let error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused");
            error.with(vec![ErrorItem::header("Idempotency-Key", "was given to another request")]).error_response()
        }
        Repetition::OutOfReach => ApiError::not_found().error_response(),
    }
}

fn replay(kept: Answer) -> HttpResponse {
    let Answer { status, location, etag, body } = kept;
    let Some(body) = body else {
        let error = ApiError::new(StatusCode::CONFLICT, "idempotency_secret_shown_once");
        return error.member("location", json!(location)).error_response();
    };
    let Ok(status) = StatusCode::from_u16(status) else {
        return ApiError::internal("the kept status is none").error_response();
    };
    let mut response = HttpResponse::build(status);
    response.insert_header((REPLAYED, HeaderValue::from_static("true"))).insert_header(ContentType::json());
    for (name, value) in [(header::LOCATION, location), (header::ETAG, etag)] {
        if let Some(value) = value {
            response.insert_header((name, value));
        }
    }
    response.body(body)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;
    use crate::app::ApiSettings;
    use actix_web::test::TestRequest;
    use cotenant_domain::tenancy::Bearer;
    use cotenant_testkit::World;

    fn read(lines: &[&[u8]]) -> Result<Option<IdempotencyKey>, ApiError> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(KEY, HeaderValue::from_bytes(line).unwrap());
        }
        key(&headers)
    }

    #[test]
    fn a_key_is_one_visible_text() {
        assert!(read(&[]).unwrap().is_none());
        assert_eq!(read(&[b"8e03978e-40d5"]).unwrap().unwrap().as_str(), "8e03978e-40d5");
        for wrong in [&[b"".as_slice()][..], &[b"a b"], &[b"\xc3\xa4"], &[b"a", b"a"], &[&[b'x'; 256]]] {
            let error = read(wrong).unwrap_err();
            assert_eq!((error.problem().status.as_u16(), error.problem().code), (400, "invalid_header"), "{wrong:?}");
            assert_eq!(error.problem().errors[0].header, Some("Idempotency-Key"));
        }
    }

    #[test]
    fn a_request_without_a_key_is_no_errand() {
        let plain = TestRequest::post().uri("/api/v1/stores").to_srv_request();
        assert!(errand("open_store", &plain, b"{}", OffsetDateTime::UNIX_EPOCH).unwrap().is_none());
        assert!(plain.extensions().get::<Errand>().is_none());
    }

    fn app(world: &World) -> App {
        let settings = ApiSettings {
            body_limit: 1,
            request_timeout: Duration::MAX,
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            bootstrap_secret: None,
            public_url: None,
            limits: crate::Limits::default(),
        };
        App::new(world.deps.clone(), settings)
    }

    #[actix_web::test]
    async fn a_route_that_does_something_without_its_key_fails() {
        let world = World::bootstrap().await;
        for (status, told) in [(201, 500), (200, 500), (409, 409)] {
            let request = TestRequest::post().uri("/api/v1/stores").insert_header((KEY, "k")).to_srv_request();
            errand("open_store", &request, b"{}", world.deps.clock.now()).unwrap().unwrap();
            let response = HttpResponse::new(StatusCode::from_u16(status).unwrap());
            let answer = finish(&app(&world), request.into_response(response)).await;
            assert_eq!(answer.status().as_u16(), told);
        }
    }

    #[actix_web::test]
    async fn what_was_done_for_an_answer_that_fails_is_undone_and_its_key_is_free() {
        let world = World::bootstrap().await;
        let (owner, app) = (world.owner().await, app(&world));
        let answered = async |status: u16| {
            let request = TestRequest::post().uri("/api/v1/stores").insert_header((KEY, "k")).to_srv_request();
            let errand = errand("open_store", &request, b"{}", world.deps.clock.now()).unwrap().unwrap();
            let actor = Rc::new(Bearer::Member(owner.clone()).doing(errand.clone()).member().unwrap());
            request.extensions_mut().insert(actor.clone());
            // The same store each time: it ends the test where an earlier one is there.
            world.store(&actor, "A").await;
            assert!(errand.is_complete());
            let response = HttpResponse::new(StatusCode::from_u16(status).unwrap());
            let answer = finish(&app, request.into_response(response)).await;
            assert!(!errand.is_complete());
            answer.status().as_u16()
        };
        for failed in [400, 403, 409, 422, 500, 503, 201] {
            assert_eq!(answered(failed).await, failed);
        }
    }

    #[test]
    fn what_was_shown_once_is_named_and_not_shown_again() {
        let location = Some("/api/v1/service-accounts/a/keys/b".to_owned());
        let kept = Answer { status: 201, location: location.clone(), etag: None, body: None };
        let again = replay(kept.clone());
        assert_eq!(again.status(), StatusCode::CONFLICT);
        let again = replay(Answer { body: Some(b"{}".to_vec()), ..kept });
        assert_eq!(again.status(), StatusCode::CREATED);
        assert_eq!(again.headers().get(REPLAYED).unwrap(), "true");
        assert_eq!(again.headers().get(header::LOCATION).unwrap().to_str().ok(), location.as_deref());
    }
}
