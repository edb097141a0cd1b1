use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use serde_json::{Map, Value, json};

use super::request_id::RequestId;
use crate::error::Problem;
use crate::problems::{ProblemType, code_for};

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Writes the problem document of a failed request, and the cause of a failure of ours into the log. An error that is not
/// ours (the framework's own) gets the document of its status: nothing ever answers in plain text.
pub(super) fn write(mut response: ServiceResponse<BoxBody>, id: &RequestId) -> ServiceResponse<BoxBody> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let known = response.response_mut().extensions_mut().remove::<Problem>();
    let problem = known.unwrap_or_else(|| foreign(&response));
    tell(&problem, id);
    let document = document(&problem, id);
    response.headers_mut().insert(header::CONTENT_TYPE, MEDIA_TYPE);
    response.map_body(|_, _| BoxBody::new(document.to_string()))
}

fn foreign(response: &ServiceResponse<BoxBody>) -> Problem {
    let status = response.status();
    let cause = status.is_server_error().then(|| match response.response().error() {
        Some(error) => error.to_string(),
        None => "an answer without a problem".to_owned(),
    });
    Problem {
        status,
        code: code_for(status),
        detail: None,
        errors: Vec::new(),
        members: Map::new(),
        retry_after: None,
        cause,
    }
}

fn tell(problem: &Problem, id: &RequestId) {
    let Some(cause) = &problem.cause else { return };
    if problem.status == StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(request_id = &*id.0, cause, "unavailable");
    } else {
        tracing::error!(request_id = &*id.0, cause, "internal error");
    }
}

fn document(problem: &Problem, id: &RequestId) -> Value {
    let kind = ProblemType::find(problem.code);
    let title = kind.map_or("Problem", |p| p.title);
    let mut document = problem.members.clone();
    document.insert("type".into(), json!(format!("/problems/{}", problem.code)));
    document.insert("title".into(), json!(title));
    document.insert("status".into(), json!(problem.status.as_u16()));
    document.insert("request_id".into(), json!(&*id.0));
    if let Some(detail) = problem.detail.as_deref().or(explanation(problem, kind)) {
        document.insert("detail".into(), json!(detail));
    }
    if !problem.errors.is_empty() {
        document.insert("errors".into(), json!(problem.errors));
    }
    Value::Object(document)
}

/// What stands for a sentence about the occurrence where there is none. A failure of ours says nothing but its id.
fn explanation<'a>(problem: &Problem, kind: Option<&'a ProblemType>) -> Option<&'a str> {
    kind.filter(|_| problem.status.is_client_error()).map(|kind| kind.explanation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ApiError, ErrorItem};
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;
    use actix_web::{HttpResponse, ResponseError};

    async fn written(response: HttpResponse) -> (String, Value) {
        let response = ServiceResponse::new(TestRequest::default().to_http_request(), response);
        let response = write(response, &RequestId("r-1".into()));
        let media_type = response.headers().get("content-type").unwrap().to_str().unwrap().to_owned();
        (media_type, serde_json::from_slice(&to_bytes(response.into_body()).await.unwrap()).unwrap())
    }

    #[actix_web::test]
    async fn a_problem_has_its_type_its_place_and_the_requests_id() {
        let error = ApiError::invalid(vec![ErrorItem::pointer("/name", "must not be empty")]);
        let (media_type, document) = written(error.error_response()).await;
        assert_eq!(media_type, "application/problem+json");
        assert_eq!(
            document,
            json!({
                "type": "/problems/invalid",
                "title": "Invalid",
                "status": 422,
                "detail": ProblemType::find("invalid").unwrap().explanation,
                "request_id": "r-1",
                "errors": [{ "pointer": "/name", "detail": "must not be empty" }],
            })
        );
    }

    #[actix_web::test]
    async fn plain_text_of_the_framework_becomes_a_problem() {
        let (_, document) = written(HttpResponse::PayloadTooLarge().body("a payload reached size limit")).await;
        assert_eq!((&document["type"], &document["status"]), (&json!("/problems/body_too_large"), &json!(413)));
    }

    #[actix_web::test]
    async fn a_failure_of_ours_says_nothing_but_its_id() {
        let (_, document) = written(ApiError::internal("disk full at /var/lib").error_response()).await;
        assert_eq!(
            document,
            json!({ "type": "/problems/internal", "title": "Internal error", "status": 500, "request_id": "r-1" })
        );
    }
}
