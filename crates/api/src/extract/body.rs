use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::{StatusCode, header};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use garde::Validate;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::{pointer, validated};
use crate::error::{ApiError, ErrorItem};
use crate::fields::Object;

/// A JSON body: of the right type and size, well-formed, without unknown fields, and valid.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + Validate<Context = ()> + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = check_type(req);
        let bytes = Bytes::from_request(req, payload);
        Box::pin(async move {
            typed?;
            let bytes = bytes.await.map_err(unread)?;
            read(&bytes).map(Self)
        })
    }
}

fn check_type(req: &HttpRequest) -> Result<(), ApiError> {
    let refused = |name, detail| {
        let error = ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
        Err(error.with(vec![ErrorItem::header(name, detail)]))
    };
    let value = |name| req.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    let essence = value(header::CONTENT_TYPE).and_then(|v| v.split(';').next()).map(str::trim);
    if !essence.is_some_and(|e| e.eq_ignore_ascii_case("application/json")) {
        return refused("Content-Type", "must be application/json");
    }
    let encoded = req.headers().contains_key(header::CONTENT_ENCODING);
    if encoded && !value(header::CONTENT_ENCODING).is_some_and(|e| e.eq_ignore_ascii_case("identity")) {
        return refused("Content-Encoding", "must be identity");
    }
    Ok(())
}

/// What is said where a body could not be taken in.
pub(crate) fn unread(error: actix_web::Error) -> ApiError {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
        _ => ApiError::new(StatusCode::BAD_REQUEST, "bad_request").because("The body could not be read to its end."),
    }
}

fn read<T: DeserializeOwned + Validate<Context = ()>>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize::<_, Object<T>>(&mut json);
    let Object(value) = read.map_err(|e| refused(&pointer(e.path()), e.inner()))?;
    json.end().map_err(|error| refused("", &error))?;
    value.validate().map_err(|report| {
        let item = |(path, error): (garde::Path, garde::Error)| ErrorItem::pointer(validated(&path), error);
        ApiError::invalid(report.into_inner().into_iter().map(item).collect())
    })?;
    Ok(value)
}

fn refused(pointer: &str, error: &serde_json::Error) -> ApiError {
    let item = match named(&error.to_string()) {
        Some((field, detail)) => ErrorItem::pointer(format!("{pointer}/{field}"), detail),
        None => ErrorItem::pointer(pointer, reason(error)),
    };
    match error.classify() {
        Category::Data => ApiError::invalid(vec![item]),
        Category::Syntax | Category::Eof | Category::Io => ApiError::malformed("malformed_json", item),
    }
}

/// The field that serde names where its path ends at the object around it.
pub(super) fn named(text: &str) -> Option<(&str, &'static str)> {
    let kinds = [("missing field `", "is needed"), ("duplicate field `", "is given more than once")];
    kinds.into_iter().find_map(|(start, detail)| Some((text.strip_prefix(start)?.split('`').next()?, detail)))
}

/// What serde says, without the values it quotes: they may be secrets, and a log or a screen is no place for them.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = text.strip_suffix(&place).unwrap_or(&text);
    let text = match text.split_once(", expected ") {
        Some((wrong, expected)) if wrong.starts_with("invalid ") => format!("must be {expected}"),
        Some((wrong, _)) if wrong.starts_with("unknown field ") => "is not a field here".to_owned(),
        _ => text.to_owned(),
    };
    if matches!(error.classify(), Category::Data) { text } else { format!("{text}{place}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::NameField;
    use actix_web::test::TestRequest;
    use actix_web::web::PayloadConfig;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Shelf {
        #[garde(dive)]
        name: NameField,
        #[serde(default)]
        #[garde(dive, length(max = 2))]
        books: Vec<Book>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Book {
        #[garde(dive)]
        title: NameField,
        #[garde(range(min = 1))]
        pages: i64,
    }

    fn status_code_pointers(body: &str) -> (u16, &'static str, Vec<String>) {
        let error = read::<Shelf>(body.as_bytes()).unwrap_err();
        let problem = error.problem();
        let pointers = problem.errors.iter().filter_map(|e| e.pointer.clone()).collect();
        (problem.status.as_u16(), problem.code, pointers)
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for wrong in
            ["", "{", "{\"name\":}", "nul", "{\"name\":\"a\"} x", "{\"name\":\"\\ud800\"}", "{\"name\":\"a\nb\"}"]
        {
            let (status, code, _) = status_code_pointers(wrong);
            assert_eq!((status, code), (400, "malformed_json"), "{wrong}");
        }
        assert!(read::<Shelf>(b"{\"name\":\"\xff\"}").is_err());
        assert!(read::<Shelf>("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn json_of_the_wrong_shape_is_pointed_at() {
        let cases = [
            ("[]", ""),
            ("{}", "/name"),
            ("{\"name\":5}", "/name"),
            ("{\"name\":null}", "/name"),
            ("{\"name\":\"a\",\"colour\":1}", "/colour"),
            ("{\"name\":\"a\",\"na/me~\":1}", "/na~1me~0"),
            ("{\"name\":\"a\",\"name\":\"b\"}", "/name"),
            ("{\"name\":\"a\",\"books\":{}}", "/books"),
            ("{\"name\":\"a\",\"books\":[{\"title\":\"t\",\"pages\":1.5}]}", "/books/0/pages"),
            ("{\"name\":\"a\",\"books\":[{\"title\":\"t\",\"pages\":9223372036854775808}]}", "/books/0/pages"),
            ("{\"name\":\"a\",\"books\":[{\"title\":\"t\",\"pages\":1,\"x\":1}]}", "/books/0/x"),
        ];
        for (body, at) in cases {
            assert_eq!(status_code_pointers(body), (422, "invalid", vec![at.to_owned()]), "{body}");
        }
    }

    #[test]
    fn every_field_that_breaks_a_rule_is_named_at_once() {
        let body = r#"{"name":"a\u0000","books":[{"title":"ok","pages":1},{"title":"\u202e","pages":0}]}"#;
        let (status, _, mut pointers) = status_code_pointers(body);
        pointers.sort();
        assert_eq!((status, pointers), (422, vec!["/books/1/pages".into(), "/books/1/title".into(), "/name".into()]));
    }

    #[test]
    fn a_refused_value_is_not_quoted() {
        let error = read::<Shelf>(b"{\"name\":\"a\",\"books\":\"hunter2\"}").unwrap_err();
        assert_eq!(error.problem().errors, vec![ErrorItem::pointer("/books", "must be a sequence")]);
    }

    async fn extract(request: TestRequest) -> Result<Body<Shelf>, ApiError> {
        let (req, mut payload) = request.app_data(PayloadConfig::new(64)).to_http_parts();
        Body::from_request(&req, &mut payload).await
    }

    #[actix_web::test]
    async fn only_plain_json_within_the_limit_is_read() {
        let json = || TestRequest::post().insert_header(("Content-Type", "application/json; charset=utf-8"));
        assert!(extract(json().set_payload("{\"name\":\"a\"}")).await.is_ok());
        let long = format!("{{\"name\":\"{}\"}}", "a".repeat(80));
        let refused = [
            (TestRequest::post().set_payload("{\"name\":\"a\"}"), 415),
            (TestRequest::post().insert_header(("Content-Type", "text/plain")).set_payload("{\"name\":\"a\"}"), 415),
            (json().insert_header(("Content-Encoding", "gzip")).set_payload("{\"name\":\"a\"}"), 415),
            (json().set_payload(long), 413),
            (json(), 400),
        ];
        for (request, status) in refused {
            assert_eq!(extract(request).await.map(|_| ()).unwrap_err().problem().status.as_u16(), status);
        }
    }
}
