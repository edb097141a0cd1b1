use std::rc::Rc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use cotenant_domain::shared::IdSource;

/// `X-Request-Id`.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 64;

/// The id of a request: the client's own where it is sane, a new one otherwise.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) Rc<str>);

impl RequestId {
    /// The id of this request.
    pub(super) fn of(req: &ServiceRequest, ids: &dyn IdSource) -> Self {
        let given = req.headers().get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| sane(text));
        Self(given.map_or_else(|| ids.next().to_string().into(), Rc::from))
    }

    /// The id as a header.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

/// What may stand in a log line and a header as it is.
fn sane(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_short_ids_are_taken() {
        for right in ["a", "01890a5d-ac96-774b", "A.b_c-1", &"x".repeat(64)] {
            assert!(sane(right), "{right}");
        }
        for wrong in ["", "a b", "a\nb", "é", "<x>", "a/b", &"x".repeat(65)] {
            assert!(!sane(wrong), "{wrong}");
        }
    }
}
