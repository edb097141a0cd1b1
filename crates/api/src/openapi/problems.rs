use std::collections::BTreeMap;

use actix_web::http::Method;
use serde_json::json;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Ref, Schema, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Response, ResponseBuilder};

use crate::audience::Audience;
use crate::problems::ProblemType;
use crate::route::Route;

const NAME: &str = "Problem";

/// The schema of a problem document.
pub(super) fn schema() -> (String, RefOr<Schema>) {
    let text = |description: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    let error = ObjectBuilder::new()
        .property("pointer", text("The field in the body, as an RFC 6901 pointer."))
        .property("parameter", text("The parameter in the query or the address."))
        .property("header", text("The header."))
        .property("detail", text("What is wrong with it."))
        .required("detail");
    let problem = ObjectBuilder::new()
        .description(Some("What went wrong (RFC 9457)."))
        .property("type", text("`/problems/<code>`, where the code is explained."))
        .property("title", text("What it is, in a few words."))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).description(Some("The status.")))
        .property("detail", text("A sentence about this occurrence."))
        .property("request_id", text("The id of the request, to be found in the server's log."))
        .property("errors", ArrayBuilder::new().items(error))
        .required("type")
        .required("title")
        .required("status")
        .required("request_id");
    (NAME.to_owned(), problem.into())
}

/// Every problem that a route can answer with, by status.
pub(super) fn responses(route: &Route) -> Vec<(u16, Response)> {
    let mut by_status = BTreeMap::<u16, Vec<&ProblemType>>::new();
    for code in implied(route).into_iter().chain(route.doc.codes.iter().copied()) {
        if let Some(problem) = ProblemType::find(code) {
            let listed = by_status.entry(problem.status).or_default();
            if !listed.contains(&problem) {
                listed.push(problem);
            }
        }
    }
    by_status.into_iter().map(|(status, problems)| (status, response(status, &problems))).collect()
}

/// The codes that follow from what a route is.
fn implied(route: &Route) -> Vec<&'static str> {
    let doc = &route.doc;
    let mut codes = vec!["internal"];
    let mut add = |when: bool, these: &[&'static str]| {
        if when {
            codes.extend(these);
        }
    };
    add(route.is_counted(), &["rate_limited"]);
    add(route.audience != Audience::Public, &["unauthenticated", "token_revoked", "unavailable"]);
    add(route.permission.is_some(), &["forbidden", "tenant_suspended"]);
    let own = !matches!(route.audience, Audience::Public | Audience::Platform) && route.permission.is_none();
    add(own, &["people_only"]);
    add(route.path.contains("_id}"), &["invalid_path", "not_found"]);
    add(!doc.query.is_empty(), &["invalid_query"]);
    add(doc.query.iter().any(|p| p.name == "cursor"), &["invalid_cursor"]);
    add(
        doc.takes.is_some(),
        &["malformed_json", "body_too_large", "unsupported_media_type", "invalid", "request_timeout"],
    );
    // Whatever is sent is taken in before the rights are read, a body that nobody asked for too.
    let taken_in = !route.method.is_safe() && route.audience != Audience::Public;
    add(taken_in, &["bad_request", "body_too_large", "request_timeout"]);
    add(doc.if_match, &["invalid_header", "stale"]);
    add(route.is_done_once(), &["invalid_header", "idempotency_key_reused"]);
    add(route.is_done_once() && doc.shows_once, &["idempotency_secret_shown_once"]);
    add(doc.takes.is_some() && route.method != Method::GET, &["unavailable"]);
    codes
}

fn response(status: u16, problems: &[&ProblemType]) -> Response {
    let lines = problems.iter().map(|p| format!("- [`{0}`](/problems/{0}): {1}", p.code, p.explanation));
    let example = problems.first().map(|p| {
        json!({
            "type": format!("/problems/{}", p.code),
            "title": p.title,
            "status": status,
            "request_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        })
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(NAME))).example(example);
    ResponseBuilder::new()
        .description(lines.collect::<Vec<_>>().join("\n"))
        .content("application/problem+json", content.build())
        .build()
}
