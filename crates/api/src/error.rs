//! Errors as answers: every failure becomes a problem document (RFC 9457).

use std::fmt;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use cotenant_domain::shared::{Fault, FaultKind, FieldFault};
use serde::Serialize;
use serde_json::{Map, Value};
use time::Duration;

/// What a handler answers.
pub(crate) type Answer = Result<HttpResponse, ApiError>;

/// One part of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorItem {
    /// RFC 6901 pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointer: Option<String>,
    /// The name of a query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    /// The name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) header: Option<&'static str>,
    /// What is wrong with it.
    pub(crate) detail: String,
}

impl ErrorItem {
    /// A part of the body.
    pub(crate) fn pointer(pointer: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self { pointer: Some(pointer.into()), parameter: None, header: None, detail: detail.to_string() }
    }

    /// A query or path parameter.
    pub(crate) fn parameter(name: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self { pointer: None, parameter: Some(name.into()), header: None, detail: detail.to_string() }
    }

    /// A header.
    pub(crate) fn header(name: &'static str, detail: impl fmt::Display) -> Self {
        Self { pointer: None, parameter: None, header: Some(name), detail: detail.to_string() }
    }
}

/// What goes wrong in one request. The outermost middleware writes it, together with the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: Option<String>,
    pub(crate) errors: Vec<ErrorItem>,
    pub(crate) members: Map<String, Value>,
    /// After how many seconds the same may succeed, where that is known.
    pub(crate) retry_after: Option<i64>,
    /// The causes of a failure of ours, for the log and nobody else.
    pub(crate) cause: Option<String>,
}

/// A failed request.
#[derive(Debug, Clone)]
pub(crate) struct ApiError(Box<Problem>);

impl ApiError {
    /// An error with a status and a code of the [list](crate::problems::PROBLEMS).
    pub(crate) fn new(status: StatusCode, code: &'static str) -> Self {
        let members = Map::new();
        Self(Box::new(Problem {
            status,
            code,
            detail: None,
            errors: Vec::new(),
            members,
            retry_after: None,
            cause: None,
        }))
    }

    /// 400: the request itself is malformed.
    pub(crate) fn malformed(code: &'static str, item: ErrorItem) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code).with(vec![item])
    }

    /// 422: the body can be read and breaks a rule.
    pub(crate) fn invalid(errors: Vec<ErrorItem>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid").with(errors)
    }

    /// 404, the same for what never was and for what the caller may not see.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }

    /// 500, for a defect of ours that only the log shall name.
    pub(crate) fn internal(cause: impl fmt::Display) -> Self {
        let mut error = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal");
        error.0.cause = Some(cause.to_string());
        error
    }

    /// The same with the parts that are wrong.
    pub(crate) fn with(mut self, errors: Vec<ErrorItem>) -> Self {
        self.0.errors = errors;
        self
    }

    /// The same with a sentence about this occurrence.
    pub(crate) fn because(mut self, detail: impl fmt::Display) -> Self {
        self.0.detail = Some(detail.to_string());
        self
    }

    /// The same with an extension member.
    pub(crate) fn member(mut self, name: &str, value: Value) -> Self {
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// What is wrong.
    pub(crate) fn problem(&self) -> &Problem {
        &self.0
    }
}

/// The status of a kind of failure.
pub(crate) fn status_of(kind: FaultKind) -> StatusCode {
    match kind {
        FaultKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        FaultKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        FaultKind::Forbidden => StatusCode::FORBIDDEN,
        FaultKind::NotFound => StatusCode::NOT_FOUND,
        FaultKind::Conflict => StatusCode::CONFLICT,
        FaultKind::Stale => StatusCode::PRECONDITION_FAILED,
        FaultKind::TooMany => StatusCode::TOO_MANY_REQUESTS,
        FaultKind::Busy | FaultKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FaultKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl<F: Fault> From<F> for ApiError {
    fn from(fault: F) -> Self {
        let mut error = Self::new(status_of(fault.kind()), fault.code());
        match fault.kind() {
            FaultKind::Internal | FaultKind::Unavailable => error.0.cause = Some(chain(&fault)),
            // The one 404 says the same of everything, so that it tells nothing.
            FaultKind::NotFound => {}
            _ => error.0.detail = Some(sentence(&fault)),
        }
        // In whole seconds, and not before the time.
        error.0.retry_after = fault.wait().map(|wait| (wait + Duration::nanoseconds(999_999_999)).whole_seconds());
        error.0.members = fault.facts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let item = |FieldFault { pointer, detail }| ErrorItem::pointer(pointer, detail);
        error.with(fault.fields().into_iter().map(item).collect())
    }
}

/// A message as a sentence.
fn sentence(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// An error and all its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    let mut texts = causes.map(ToString::to_string).collect::<Vec<_>>();
    texts.dedup();
    texts.join(": ")
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut builder = HttpResponse::build(self.0.status);
        match self.0.status {
            StatusCode::UNAUTHORIZED => {
                builder.insert_header((header::WWW_AUTHENTICATE, challenge(self.0.code)));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                let seconds = if self.0.code == "busy" { "1" } else { "5" };
                builder.insert_header((header::RETRY_AFTER, seconds));
            }
            _ => {}
        }
        if let Some(seconds) = self.0.retry_after {
            builder.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        let mut response = builder.finish();
        response.extensions_mut().insert(self.problem().clone());
        response
    }
}

/// RFC 6750, section 3: a token that was refused is named as such.
fn challenge(code: &str) -> &'static str {
    if code == "token_revoked" {
        r#"Bearer realm="cotenant", error="invalid_token""#
    } else {
        r#"Bearer realm="cotenant""#
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::shared::RepositoryError;
    use cotenant_domain::stores::StoreError;

    #[test]
    fn every_kind_of_fault_has_its_status() {
        let statuses = [
            (FaultKind::Invalid, 422),
            (FaultKind::Unauthenticated, 401),
            (FaultKind::Forbidden, 403),
            (FaultKind::NotFound, 404),
            (FaultKind::Conflict, 409),
            (FaultKind::Stale, 412),
            (FaultKind::Busy, 503),
            (FaultKind::Unavailable, 503),
            (FaultKind::Internal, 500),
        ];
        for (kind, status) in statuses {
            assert_eq!(status_of(kind).as_u16(), status, "{kind:?}");
        }
    }

    #[test]
    fn a_conflict_points_at_its_field() {
        let error = ApiError::from(StoreError::CodeTaken);
        assert_eq!(error.problem().code, "code_taken");
        assert_eq!(error.problem().errors, vec![ErrorItem::pointer("/code", "another store has this code")]);
        assert_eq!(error.problem().detail.as_deref(), Some("Another store has this code."));
    }

    #[test]
    fn the_causes_of_a_failure_of_ours_are_for_the_log_alone() {
        let source = std::io::Error::other("connection to 10.0.0.7 refused");
        let error = ApiError::from(StoreError::from(RepositoryError::Failed(Box::new(source))));
        assert_eq!(error.problem().detail, None);
        assert_eq!(error.problem().cause.as_deref(), Some("the database failed: connection to 10.0.0.7 refused"));
    }

    #[test]
    fn absence_says_the_same_of_everything() {
        let problem = ApiError::from(StoreError::NotFound);
        assert_eq!((problem.problem().code, &problem.problem().detail), ("not_found", &None));
    }

    #[test]
    fn a_refused_token_and_an_overload_come_with_their_headers() {
        let response = ApiError::new(StatusCode::UNAUTHORIZED, "token_revoked").error_response();
        let challenge = response.headers().get(header::WWW_AUTHENTICATE).unwrap();
        assert!(challenge.to_str().unwrap().contains("invalid_token"));
        let response = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "busy").error_response();
        assert_eq!(response.headers().get(header::RETRY_AFTER).unwrap(), "1");
    }
}
