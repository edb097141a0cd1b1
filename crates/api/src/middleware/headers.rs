use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::request_id::{self, RequestId};

/// What every answer says, unless its handler said otherwise (ASVS 3.4 and 14.3.2).
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

const HTTPS_STAYS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// Puts the headers of every answer.
pub(super) fn finish(headers: &mut HeaderMap, id: &RequestId, https: bool) {
    for (name, value) in ALWAYS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_STAYS);
    }
    if let Some(id) = id.header() {
        headers.insert(request_id::HEADER, id);
    }
}
