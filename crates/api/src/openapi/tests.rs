use super::*;
use crate::audience::Audience;
use actix_web::http::Method;
use serde_json::Value;
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::to_value(openapi()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = |(path, item): (&String, &'_ Value)| {
        let item = item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (path.clone(), item)
    };
    let named = paths.iter().map(each).collect::<Vec<_>>();
    let find = |path: &str, method: &str| &document["paths"][path][method];
    named
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(move |m| (path.clone(), m.clone())))
        .map(|(path, method)| (format!("{} {path}", method.to_uppercase()), find(&path, &method)))
        .collect()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(place) => document.pointer(place.trim_start_matches('#')).unwrap_or_else(|| panic!("{place} is nowhere")),
        None => schema,
    }
}

/// Whether a value has the form of a schema, as far as the schemas here go.
fn check(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    for alternatives in ["oneOf", "anyOf"] {
        if let Some(options) = schema[alternatives].as_array() {
            let option = options.iter().find(|o| (o["type"] == "null") == value.is_null());
            return check(document, option.unwrap_or_else(|| panic!("{at}: no alternative")), value, at);
        }
    }
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&kind), "{at}: {kind} is not {kinds:?}");
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{at}: {value} is not one of {allowed:?}");
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(document, &schema["items"], item, &format!("{at}/{index}"));
    }
    let Some(object) = value.as_object() else { return };
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(object.contains_key(required.as_str().unwrap()), "{at}: {required} is missing");
    }
    for (name, value) in object {
        match schema["properties"].get(name) {
            Some(property) => check(document, property, value, &format!("{at}/{name}")),
            None => assert!(
                schema["properties"].is_null() || schema["additionalProperties"].is_object(),
                "{at}: {name} is not in the schema"
            ),
        }
    }
}

#[test]
fn the_document_describes_every_route_and_nothing_else() {
    let document = document();
    let described = operations(&document).into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let mounted = routes().into_iter().filter(|r| !r.doc.is_page).map(|r| format!("{} {}", r.method, r.path));
    assert_eq!(described, mounted.collect());
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn every_reference_leads_somewhere() {
    let text = document().to_string();
    let document = document();
    for part in text.split("\"$ref\":\"").skip(1) {
        let place = part.split('"').next().unwrap();
        assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place}");
    }
}

#[test]
fn every_operation_is_explained_and_names_its_permission() {
    let document = document();
    let operations = operations(&document);
    for route in routes().iter().filter(|r| !r.doc.is_page) {
        let name = format!("{} {}", route.method, route.path);
        let (_, operation) = operations.iter().find(|(known, _)| *known == name).unwrap();
        for text in ["summary", "description", "operationId"] {
            assert!(operation[text].as_str().is_some_and(|t| !t.is_empty()), "{name}: {text}");
        }
        assert!(operation["tags"][0].as_str().is_some_and(|t| !t.is_empty()), "{name}");
        let permission = route.permission.map(|p| Value::from(p.code())).unwrap_or_default();
        assert_eq!(operation["x-permission"], permission, "{name}");
        let refusal = operation["responses"]["403"]["description"].as_str().unwrap_or_default();
        // A route that needs a permission for some questions only says so itself.
        let refuses = permission.is_string() || route.doc.codes.contains(&"forbidden");
        assert_eq!(refusal.contains("`forbidden`"), refuses, "{name}");
        let anonymous = matches!(route.audience, Audience::Public);
        assert_eq!(operation["security"].is_array(), !anonymous, "{name}");
        assert!(operation["responses"]["500"].is_object(), "{name}");
    }
}

#[test]
fn every_body_and_answer_has_an_example_of_its_own_schema() {
    let document = document();
    for (name, operation) in operations(&document) {
        let mut media = vec![&operation["requestBody"]];
        media.extend(operation["responses"].as_object().unwrap().values());
        for (media_type, content) in media.iter().filter_map(|m| m["content"].as_object()).flatten() {
            let example = &content["example"];
            // What is no JSON is a file, and its example a piece of it.
            if !media_type.ends_with("json") {
                assert!(
                    example.as_str().is_some_and(|piece| !piece.is_empty()),
                    "{name} has no example for {media_type}"
                );
                continue;
            }
            assert!(example.is_object(), "{name} has no example for {}", content["schema"]);
            check(&document, &content["schema"], example, &name);
        }
    }
}

#[test]
fn every_code_a_route_names_exists() {
    for route in routes() {
        for code in &route.doc.codes {
            assert!(crate::problems::ProblemType::find(code).is_some(), "{code}");
        }
    }
}

/// POSTs that take no key. A new one either answers 201 to somebody who is known and takes one, or has its place here and its
/// reason in docs/idempotency.md.
const WITHOUT_A_KEY: [&str; 20] = [
    "accept_invitation",
    "bootstrap",
    "change_email",
    "change_password",
    "confirm_email",
    "confirm_password_reset",
    "login",
    "logout",
    "preview_role",
    "reactivate_tenant",
    "refresh",
    "request_password_reset",
    "requeue_job",
    "requeue_platform_job",
    "restore_product",
    "restore_store",
    "restore_tenant",
    "suspend_tenant",
    "switch",
    "verify_email",
];

#[test]
fn whatever_makes_something_is_done_once_for_a_key_and_nothing_else_is() {
    let document = document();
    let operations = operations(&document);
    let mut done_once = 0;
    for route in routes().iter().filter(|r| !r.doc.is_page) {
        let name = format!("{} {}", route.method, route.path);
        let (_, operation) = operations.iter().find(|(known, _)| *known == name).unwrap();
        let makes = operation["responses"]["201"].is_object();
        assert_eq!(route.is_done_once(), makes && !WITHOUT_A_KEY.contains(&route.name()), "{name}");
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let keys =
            parameters.filter(|p| p["name"] == "Idempotency-Key" && p["in"] == "header" && p["required"] == false);
        assert_eq!(keys.count(), usize::from(route.is_done_once()), "{name}");
        let replayed = operation["responses"]["201"]["headers"]["Idempotency-Replayed"].is_object();
        assert_eq!(replayed, route.is_done_once() && !route.doc.shows_once, "{name}");
        let conflict = operation["responses"]["409"]["description"].as_str().unwrap_or_default();
        let refuses = conflict.contains("`idempotency_secret_shown_once`");
        assert_eq!(refuses, route.is_done_once() && route.doc.shows_once, "{name}");
        done_once += usize::from(route.is_done_once());
    }
    assert!(done_once >= 9, "{done_once}");
}

#[test]
fn every_post_takes_a_key_or_has_a_reason_not_to() {
    let (mut without, reasons) = (Vec::new(), include_str!("../../../../docs/idempotency.md"));
    for route in routes().iter().filter(|route| route.method == Method::POST && !route.is_done_once()) {
        let path = route.path.trim_start_matches("/api/v1");
        assert!(
            reasons.contains(&format!("`POST {path}`")),
            "docs/idempotency.md does not say why {path} takes no key"
        );
        without.push(route.name().to_owned());
    }
    without.sort();
    assert_eq!(without, WITHOUT_A_KEY);
}

/// A view with a member that is shown once says so where it is described, and so does each route that makes one.
#[test]
fn an_answer_with_a_secret_is_not_kept() {
    let document = document();
    for route in routes().iter().filter(|r| r.is_done_once()) {
        let media = route.doc.gives.as_ref().unwrap();
        let schema = serde_json::to_value(&media.schema).unwrap();
        let members = resolve(&document, &schema)["properties"].as_object().unwrap().keys();
        let secrets = members.filter(|name| ["key", "token", "secret", "password"].contains(&name.as_str())).count();
        assert_eq!(secrets > 0, route.doc.shows_once, "{}", route.name());
    }
}
