//! Entity tags: a row's version as a strong validator (RFC 9110, sections 8.8.3 and 13.1.1).

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use cotenant_domain::tenancy::Version;

use crate::error::{ApiError, ErrorItem};

/// The strong entity tag of a version.
pub(crate) fn etag(version: Version) -> String {
    format!("\"{version}\"")
}

/// The version that the caller saw, from `If-Match`; `None` where there is no such header or it is `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IfMatch(pub(crate) Option<Version>);

/// No row ever has it: versions count from 1.
const NEVER: Version = 0;

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut lines = req.headers().get_all(header::IF_MATCH);
        ready(match (lines.next(), lines.next()) {
            (None, _) => Ok(Self(None)),
            (Some(line), None) => line.to_str().ok().and_then(parse).map(Self).ok_or_else(malformed),
            (Some(_), Some(_)) => Err(malformed()),
        })
    }
}

fn malformed() -> ApiError {
    ApiError::malformed("invalid_header", ErrorItem::header("If-Match", "must be * or one strong entity tag"))
}

/// A tag that is well-formed and not one of ours matches nothing.
fn parse(value: &str) -> Option<Option<Version>> {
    if value == "*" {
        return Some(None);
    }
    let tag = value.strip_prefix('"')?.strip_suffix('"')?;
    let opaque = |c: char| c == '!' || ('#'..='~').contains(&c);
    if !tag.chars().all(opaque) {
        return None;
    }
    let version = tag.parse().ok().filter(|v: &Version| *v > NEVER && v.to_string() == tag);
    Some(Some(version.unwrap_or(NEVER)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    async fn read(values: &[&str]) -> Result<IfMatch, ApiError> {
        let request = values.iter().fold(TestRequest::default(), |r, v| r.append_header(("If-Match", *v)));
        IfMatch::extract(&request.to_http_request()).await
    }

    #[actix_web::test]
    async fn a_tag_goes_out_and_comes_back() {
        assert_eq!(read(&[&etag(7)]).await.unwrap(), IfMatch(Some(7)));
        assert_eq!(read(&[]).await.unwrap(), IfMatch(None));
        assert_eq!(read(&["*"]).await.unwrap(), IfMatch(None));
    }

    #[actix_web::test]
    async fn a_tag_of_somebody_else_matches_nothing() {
        for foreign in ["\"abc\"", "\"\"", "\"0\"", "\"-1\"", "\"07\"", "\"99999999999999999999\""] {
            assert_eq!(read(&[foreign]).await.unwrap(), IfMatch(Some(NEVER)), "{foreign}");
        }
    }

    #[actix_web::test]
    async fn weak_unquoted_and_several_tags_are_malformed() {
        for wrong in ["W/\"7\"", "7", "\"7", "\"a\"b\"", "\"1\", \"2\"", ""] {
            let error = read(&[wrong]).await.unwrap_err();
            assert_eq!((error.problem().status.as_u16(), error.problem().code), (400, "invalid_header"), "{wrong}");
        }
        assert!(read(&["\"1\"", "\"2\""]).await.is_err());
    }
}
