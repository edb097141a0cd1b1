//! Wrong paths, methods and headers.

use std::collections::{BTreeMap, BTreeSet};

use cotenant_api::{Audience, routes};
use cotenant_tests::FreshDatabase;
use reqwest::StatusCode;

use crate::ask::{NOBODY, Place, described, named, parameters, refused};

pub(crate) async fn an_address_without_an_id_is_refused_as_described(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let wrong = [
        "7",
        "x",
        "-",
        "%00",
        "%ff",
        "..%2f..%2fetc",
        "'%20or%201=1--",
        "%E2%80%AE",
        "01890a5dac96774bbcceb302099a8057",
        "%7B01890a5d-ac96-774b-bcce-b302099a8057%7D",
        "01890a5d-ac96-774b-bcce-b302099a8057x",
        "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
        &"9".repeat(5_000),
    ];
    for (route, operation) in described().iter().filter(|(route, _)| route.path.contains("_id}")) {
        let documented = operation["responses"]["400"]["description"].as_str().unwrap_or_default();
        assert!(documented.contains("`invalid_path`"), "{} {}", route.method, route.path);
        for (name, id) in place.ids.iter().filter(|(name, _)| route.path.contains(&format!("{{{name}}}"))) {
            for wrong in wrong {
                let address = place.address(route).replace(id.as_str(), wrong);
                let answer = place.ask(route, &address, &[], None).await;
                refused(&answer, &[(400, "invalid_path")], &format!("{} {address}", route.method));
                assert_eq!(named(&answer, "parameter"), [*name]);
            }
        }
    }
    place.unchanged(&before, &[], "wrong ids").await;
    place.server.stop().await;
}

pub(crate) async fn an_id_of_nothing_is_not_found(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let nothing = [
        NOBODY,
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    ];
    for (route, operation) in described().iter().filter(|(route, _)| route.path.contains("_id}")) {
        let body = operation["requestBody"]["content"]["application/json"]["example"].as_object();
        let body = body.map(|example| serde_json::to_vec(example).unwrap());
        for (name, id) in place.ids.iter().filter(|(name, _)| route.path.contains(&format!("{{{name}}}"))) {
            for nothing in nothing {
                let address = place.address(route).replace(id.as_str(), nothing);
                let answer = place.ask(route, &address, &[], body.clone()).await;
                refused(&answer, &[(404, "not_found")], &format!("{} {address} ({name})", route.method));
            }
        }
    }
    place.unchanged(&before, &[], "ids of nothing").await;
    place.server.stop().await;
}

pub(crate) async fn a_wrong_method_is_answered_with_the_right_ones(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let mut paths = BTreeMap::<&str, BTreeSet<String>>::new();
    for route in routes() {
        let known = paths.entry(route.path).or_default();
        known.insert(route.method.to_string());
        if route.method == "GET" {
            known.insert("HEAD".into());
        }
    }
    for (path, known) in &paths {
        let address =
            place.ids.iter().fold((*path).to_owned(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            if known.contains(method) {
                continue;
            }
            let answer = place.ask_as(place.owner.token.as_deref(), method, &address, &[], None).await;
            let what = format!("{method} {address}");
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{what}");
            if method != "HEAD" {
                refused(&answer, &[(405, "method_not_allowed")], &what);
            }
            let allow = answer.headers["allow"].to_str().unwrap();
            assert_eq!(&allow.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), known, "{what}");
        }
    }
    place.unchanged(&before, &[], "wrong methods").await;
    place.server.stop().await;
}

// Attacks: 36.
pub(crate) async fn an_unknown_address_is_not_found(database: FreshDatabase) {
    let place = Place::build(database).await;
    let long = format!("/api/v1/{}", "a".repeat(10_000));
    let unknown = [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/",
        "/api/v1/storez",
        "/api/v2/stores",
        "/API/v1/stores",
        "/api/v1/stores/",
        "/api/v1//stores",
        "/api/v1/stores%2F",
        "/api/v1/%73tores/x/y",
        "/docs/none.js",
        "/problems/none",
        "/%00",
        "/%ff",
        "/.env",
        "/docs/%2e%2e%2fetc%2fpasswd",
        "/docs/..%2f..%2f..%2fetc%2fpasswd",
        "/docs/%2fetc%2fpasswd",
        "/docs/index.html%00",
        &long,
    ];
    for address in unknown {
        for token in [None, place.owner.token.as_deref()] {
            let answer = place.ask_as(token, "GET", address, &[], None).await;
            refused(&answer, &[(404, "not_found")], address);
        }
    }
    assert_eq!(place.ask_as(None, "GET", "/docs/index.html", &[], None).await.status, StatusCode::OK, "the control");
    place.server.stop().await;
}

pub(crate) async fn a_malformed_precondition_is_refused(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let conditional =
        described().into_iter().filter(|(_, o)| parameters(o, "header").iter().any(|p| p["name"] == "If-Match"));
    let conditional: Vec<_> = conditional.collect();
    assert!(conditional.len() > 8, "{}", conditional.len());
    for (route, operation) in &conditional {
        let body = operation["requestBody"]["content"]["application/json"]["example"].as_object();
        let body = body.map(|example| serde_json::to_vec(example).unwrap());
        let address = place.address(route);
        let what = |tag: &[u8]| format!("{} {address} If-Match: {}", route.method, String::from_utf8_lossy(tag));
        let malformed: [&[u8]; 10] =
            [b"", b"1", b"W/\"1\"", b"\"1", b"1\"", b"\"1\", \"2\"", b"\"a b\"", b"\"\xff\"", b"**", b"'1'"];
        for tag in malformed {
            let answer = place.ask(route, &address, &[("If-Match", tag)], body.clone()).await;
            refused(&answer, &[(400, "invalid_header")], &what(tag));
            assert_eq!(named(&answer, "header"), ["If-Match"]);
        }
        let twice = place.ask(route, &address, &[("If-Match", b"\"1\""), ("If-Match", b"\"1\"")], body.clone()).await;
        refused(&twice, &[(400, "invalid_header")], "two tags");
        let foreign: [&[u8]; 6] = [b"\"0\"", b"\"-1\"", b"\"01\"", b"\"abc\"", b"\"\"", b"\"99999999999999999999\""];
        for tag in foreign {
            let answer = place.ask(route, &address, &[("If-Match", tag)], body.clone()).await;
            // What cannot be done whatever the version is refused for that.
            refused(&answer, &[(412, "stale"), (409, "not_suspended"), (409, "not_deleted")], &what(tag));
        }
    }
    place.unchanged(&before, &[], "preconditions").await;
    place.server.stop().await;
}

pub(crate) async fn an_odd_authorization_is_nobodys(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let token = place.owner.token.clone().unwrap();
    let (head, signature) = token.rsplit_once('.').unwrap();
    let odd = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        "Basic YTpi".into(),
        token.clone(),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token} x"),
        format!("Bearer \"{token}\""),
        format!("Bearer {head}."),
        format!("Bearer {head}"),
        format!("Bearer {head}.{}", signature.to_uppercase()),
        format!("Bearer .{token}"),
        format!("Bearer {}", "a".repeat(8_000)),
        "Bearer null".into(),
        "Bearer ..".into(),
    ];
    let mut odd: Vec<Vec<u8>> = odd.into_iter().map(String::into_bytes).collect();
    odd.push(b"Bearer \xff\xfe".to_vec());
    for (route, _) in
        described().iter().filter(|(route, _)| !matches!(route.audience, Audience::Public | Audience::Visitor))
    {
        for line in &odd {
            let address = place.address(route);
            let answer = place.ask_as(None, route.method.as_str(), &address, &[("Authorization", line)], None).await;
            let what = format!("{} {address} Authorization: {}", route.method, String::from_utf8_lossy(line));
            refused(&answer, &[(401, "unauthenticated")], &what);
            assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "{what}");
        }
        let line = format!("Bearer {token}").into_bytes();
        let twice = [("Authorization", line.as_slice()), ("Authorization", line.as_slice())];
        let answer = place.ask_as(None, route.method.as_str(), &place.address(route), &twice, None).await;
        refused(&answer, &[(401, "unauthenticated")], "two tokens");
    }
    place.unchanged(&before, &[], "odd tokens").await;
    place.server.stop().await;
}

pub(crate) async fn every_answer_has_a_request_id_and_odd_ones_are_replaced(database: FreshDatabase) {
    let place = Place::build(database).await;
    let long = "x".repeat(65);
    let odd: [&[u8]; 8] = [b"", b"a b", b"<x>", b"a/b", b"\xff", b"a;b", b"%0a", long.as_bytes()];
    let addresses = ["/api/v1/stores", "/api/v1/none", "/healthz", "/docs", "/problems/none", "/api/v1/openapi.json"];
    let mut seen = BTreeSet::new();
    for address in addresses {
        for method in ["GET", "BREW"] {
            let ask = |id: &[u8]| {
                let id = id.to_vec();
                let (place, address) = (&place, address.to_owned());
                async move { place.ask_as(None, method, &address, &[("X-Request-Id", &id)], None).await }
            };
            assert_eq!(ask(b"right-1._A").await.headers["x-request-id"], "right-1._A", "{method} {address}");
            for id in odd {
                let answer = ask(id).await;
                let given = answer.headers["x-request-id"].to_str().unwrap().to_owned();
                assert!(given.len() == 36 && seen.insert(given.clone()), "{method} {address}: {given}");
            }
        }
    }
    place.server.stop().await;
}
