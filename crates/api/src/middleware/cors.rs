//! Cross-origin requests (the Fetch standard): an allow-list, compared whole, without credentials. Tokens travel in a
//! header that pages set themselves, so no cookie is ever at stake.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
const REQUEST_HEADERS: &str = "authorization, content-type, idempotency-key, if-match, x-request-id";
const ANSWER_HEADERS: &str = "etag, idempotency-replayed, location, ratelimit, ratelimit-policy, retry-after, \
                              www-authenticate, x-request-id";
const SECONDS: &str = "600";

/// The request's origin, if it is one of those that are allowed.
pub(super) fn allowed(req: &ServiceRequest, origins: &[String]) -> Option<HeaderValue> {
    let origin = req.headers().get(header::ORIGIN)?;
    origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

/// The answer to a browser that asks beforehand. An origin that is not allowed gets the same answer without a permission.
pub(super) fn preflight(req: &ServiceRequest, origins: &[String]) -> Option<HttpResponse> {
    let asks = req.method() == Method::OPTIONS
        && req.headers().contains_key(header::ORIGIN)
        && req.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if origins.is_empty() || !asks {
        return None;
    }
    let mut response = HttpResponse::NoContent();
    if allowed(req, origins).is_some() {
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, SECONDS));
    }
    Some(response.finish())
}

/// Lets an allowed origin's page read the answer.
pub(super) fn admit(headers: &mut HeaderMap, origin: Option<HeaderValue>, origins: &[String]) {
    if origins.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANSWER_HEADERS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn origins() -> Vec<String> {
        vec!["https://app.example".into()]
    }

    fn from(origin: &str) -> ServiceRequest {
        TestRequest::default().insert_header(("Origin", origin.to_owned())).to_srv_request()
    }

    // Attacks: 38.
    #[test]
    fn only_the_whole_origin_counts() {
        assert!(allowed(&from("https://app.example"), &origins()).is_some());
        let others = [
            "https://app.example.evil.example",
            "https://evil.example/https://app.example",
            "http://app.example",
            "https://app.example:444",
            "https://APP.example",
            "null",
            "*",
        ];
        for other in others {
            assert!(allowed(&from(other), &origins()).is_none(), "{other}");
        }
    }

    // Attacks: 38.
    #[test]
    fn a_preflight_permits_only_allowed_origins() {
        let ask = |origin: &str| {
            let request = TestRequest::default().method(Method::OPTIONS).insert_header(("Origin", origin.to_owned()));
            request.insert_header(("Access-Control-Request-Method", "PATCH")).to_srv_request()
        };
        let answer = preflight(&ask("https://app.example"), &origins()).unwrap();
        assert!(answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_METHODS));
        let answer = preflight(&ask("https://evil.example"), &origins()).unwrap();
        assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_METHODS));
        assert!(preflight(&ask("https://app.example"), &[]).is_none(), "no list, no CORS");
        assert!(preflight(&from("https://app.example"), &origins()).is_none(), "not a preflight");
    }

    #[test]
    fn credentials_are_never_allowed_and_caches_are_told() {
        let mut headers = HeaderMap::new();
        admit(&mut headers, Some(HeaderValue::from_static("https://app.example")), &origins());
        assert_eq!(headers.get("access-control-allow-origin").unwrap(), "https://app.example");
        assert!(!headers.contains_key("access-control-allow-credentials"));
        let mut headers = HeaderMap::new();
        admit(&mut headers, None, &origins());
        assert_eq!(headers.len(), 1, "Vary alone");
        let mut headers = HeaderMap::new();
        admit(&mut headers, None, &[]);
        assert!(headers.is_empty());
    }
}
