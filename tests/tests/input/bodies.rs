//! Every route with a body, and every way in which its body can be wrong.

use std::collections::BTreeSet;

use cotenant_api::Route;
use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, PASSWORD};
use cotenant_tests::{FreshDatabase, TestServer};
use serde_json::{Value, json};

use crate::ask::{NOBODY, Place, described, named, refused};

/// A route's name, a body that it accepts with all its fields, the fields that may be absent, and those that may be null.
pub(crate) type Case = (&'static str, Value, &'static str, &'static str);

/// In an order in which each of them is accepted: `switch` ends the token that the others use.
pub(crate) fn cases(place: &Place) -> Vec<Case> {
    let (role, store) = (&place.ids["role_id"], &place.ids["store_id"]);
    let id = |n: u8| format!("01890a5d-ac96-774b-bcce-b302099a80{n:02}");
    let end = "2099-11-23T03:20:04Z";
    let tenant = json!({ "name": "Duka", "slug": "duka", "locale": "sw", "plan": "standard", "expires_at": end });
    let invitation = json!({ "id": id(4), "email": "odd@acme.example", "role_ids": [role],
        "store_roles": [{ "store_id": store, "role_id": role }] });
    vec![
        (
            "open_store",
            json!({ "id": id(1), "name": "Town", "code": "T9", "timezone": "Africa/Nairobi", "currency": "KES",
                "is_active": true }),
            "/id /timezone /is_active",
            "/id /timezone /is_active",
        ),
        (
            "change_store",
            json!({ "name": "Old", "code": "T8", "timezone": "UTC", "currency": "EUR", "is_active": false }),
            "/name /code /timezone /currency /is_active",
            "",
        ),
        (
            "create_product",
            json!({ "id": id(2), "sku": "S9", "name": "Tea", "price_minor": 45000, "currency": "KES", "stock": 12 }),
            "/id /stock",
            "/id",
        ),
        (
            "change_product",
            json!({ "sku": "S8", "name": "Tea", "price_minor": 1, "currency": "KES", "stock": 3 }),
            "/sku /name /price_minor /currency /stock",
            "",
        ),
        (
            "create_role",
            json!({ "id": id(3), "name": "Keeper", "description": "Keeps", "permissions": ["stores.read"] }),
            "/id /description",
            "/id /description",
        ),
        (
            "change_role",
            json!({ "name": "Clerk", "description": "Sells", "permissions": ["stores.read", "products.read"] }),
            "/name /description /permissions",
            "/description",
        ),
        (
            "preview_role",
            json!({ "name": "Clerk", "description": "Sells", "permissions": ["stores.read"] }),
            "/name /description /permissions",
            "/description",
        ),
        (
            "create_service_account",
            json!({ "id": id(5), "name": "Scale", "description": "Weighs" }),
            "/id /description",
            "/id /description",
        ),
        (
            "change_service_account",
            json!({ "name": "Till", "description": "Sells", "status": "disabled" }),
            "/name /description /status",
            "/description",
        ),
        ("create_api_key", json!({ "name": "Till", "expires_at": end }), "/expires_at", "/expires_at"),
        (
            "rotate_api_key",
            json!({ "overlap_seconds": 60, "expires_at": end }),
            "/overlap_seconds /expires_at",
            "/overlap_seconds /expires_at",
        ),
        ("invite", invitation, "/id /role_ids /store_roles", "/id"),
        (
            "accept_invitation",
            json!({ "token": place.tokens.invitation_token, "display_name": "New", "password": PASSWORD }),
            "/display_name",
            "/display_name",
        ),
        ("change_member", json!({ "status": "suspended" }), "/status", ""),
        (
            "change_own_tenant",
            json!({ "name": "Acme", "slug": "acme", "locale": "sw" }),
            "/name /slug /locale",
            "/locale",
        ),
        (
            "create_tenant",
            json!({ "name": "Soko", "slug": "soko", "locale": "sw", "owner_email": "o@soko.example", "expires_at": end }),
            "/locale /expires_at",
            "/locale /expires_at",
        ),
        ("change_tenant", tenant, "/name /slug /locale /plan /expires_at", "/locale /plan /expires_at"),
        (
            "make_support_grant",
            json!({ "reason": "Ticket 4711", "duration_minutes": 30, "may_write": true }),
            "/duration_minutes /may_write",
            "/duration_minutes /may_write",
        ),
        ("suspend_tenant", json!({ "reason": "Unpaid" }), "", ""),
        (
            "login",
            json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme", "platform": false }),
            "/tenant /platform",
            "/tenant",
        ),
        ("refresh", json!({ "refresh_token": place.tokens.refresh_token }), "", ""),
        ("request_password_reset", json!({ "email": "nobody@nowhere.example" }), "", ""),
        ("confirm_password_reset", json!({ "token": place.tokens.reset_token, "new_password": PASSWORD }), "", ""),
        ("change_password", json!({ "current_password": PASSWORD, "new_password": PASSWORD }), "", ""),
        ("change_email", json!({ "email": "next@acme.example", "current_password": PASSWORD }), "", ""),
        ("confirm_email", json!({ "token": place.tokens.address_token }), "", ""),
        ("switch", json!({ "tenant": "acme" }), "", ""),
    ]
}

fn bootstrap() -> Case {
    let tenant = json!({ "name": "Acme", "slug": "acme" });
    let body = json!({ "secret": BOOTSTRAP_SECRET, "email": OPERATOR, "password": PASSWORD, "display_name": "Olu",
        "tenant": tenant });
    ("bootstrap", body, "", "")
}

fn route(name: &str) -> Route {
    described().into_iter().map(|(route, _)| route).find(|route| route.name() == name).unwrap()
}

/// What must come of a spoilt body.
#[derive(Debug, Clone)]
enum Fate {
    /// 400: no JSON.
    Malformed,
    /// 422, pointing at or into this.
    Invalid(String),
    /// Any refusal: what is wrong with a secret only its use shows.
    Refused,
}

struct Spoilt {
    text: Vec<u8>,
    fate: Fate,
}

const MARK: &str = "@@";

/// The document with raw text in place of the value at a pointer.
fn with(document: &Value, pointer: &str, raw: &[u8]) -> Vec<u8> {
    let mut copy = document.clone();
    *copy.pointer_mut(pointer).unwrap() = json!(MARK);
    let text = copy.to_string();
    let (before, after) = text.split_once("\"@@\"").unwrap();
    [before.as_bytes(), raw, after.as_bytes()].concat()
}

/// All values of a document beneath its root, with their pointers.
fn values(document: &Value, at: &str) -> Vec<(String, Value)> {
    let members: Vec<(String, &Value)> = match document {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let deep = |(name, value): (String, &Value)| {
        let at = format!("{at}/{name}");
        let inner = values(value, &at);
        std::iter::once((at, value.clone())).chain(inner).collect::<Vec<_>>()
    };
    members.into_iter().flat_map(deep).collect()
}

fn is_secret(pointer: &str) -> bool {
    ["/secret", "/password", "/current_password", "/new_password", "/token", "/refresh_token"].contains(&pointer)
}

/// Texts that are no value of a field, by what it holds.
fn wrong_values(pointer: &str, value: &Value) -> Vec<(Vec<u8>, Fate)> {
    let here = || Fate::Invalid(pointer.to_owned());
    let all = |texts: &[&str], fate: Fate| -> Vec<_> {
        texts.iter().map(|t| (t.as_bytes().to_vec(), fate.clone())).collect()
    };
    let mut wrong = all(&["{}", "{\"a\":1}"], here());
    match value {
        Value::String(_) => {
            wrong.extend(all(&["5", "-1", "1.5", "true", "[]", "[\"x\"]", "\"\""], here()));
            wrong.push((format!("\"{}\"", "x".repeat(2_000)).into_bytes(), here()));
            wrong.extend(all(
                &["\"\\ud800\"", "\"\\udc00x\"", "\"a\nb\"", "\"\\x\"", "\"\\u12\"", "1e400", "NaN", ":"],
                Fate::Malformed,
            ));
            wrong.push((b"\"a\xff\"".to_vec(), Fate::Malformed));
            wrong.push((b"\"\xed\xa0\x80\"".to_vec(), Fate::Malformed));
            let odd = ["\"a\\u0000b\"", "\"abc\\u202e\"", "\"a\u{200b}b\"", "\"\u{feff}ab\"", "\"\\u0007\"", "\"   \""];
            wrong.extend(all(&odd, if is_secret(pointer) { Fate::Refused } else { here() }));
        }
        Value::Number(_) => {
            let texts =
                ["-1", "1.5", "1e2", "-0", "9223372036854775808", "-9223372036854775809", "\"5\"", "true", "[]"];
            wrong.extend(all(&texts, here()));
            wrong.extend(all(&["1e400", "-1e400", "01", "+1", "0x1", ".5", "Infinity", ":"], Fate::Malformed));
        }
        Value::Bool(_) => {
            wrong.extend(all(&["\"true\"", "0", "1", "\"\"", "[]"], here()));
            wrong.extend(all(&["True", "1e400", ":"], Fate::Malformed));
        }
        Value::Array(items) => {
            wrong.extend(all(&["\"x\"", "5", "[5]", "[null]", "[[]]", "[true]"], here()));
            wrong.push((json!(vec![items[0].clone(); 101]).to_string().into_bytes(), here()));
        }
        Value::Object(_) => {
            wrong = all(&["[]", "5", "\"x\"", "true", "{}"], here());
        }
        Value::Null => panic!("{pointer}: a body of the table holds all its fields"),
    }
    wrong
}

fn spoilt(case: &Case) -> Vec<Spoilt> {
    let (_, body, optional, nullable) = case;
    let text = body.to_string();
    let deep = |open: &str, n: usize| open.repeat(n);
    let malformed = [
        String::new(),
        " ".into(),
        "{".into(),
        "nul".into(),
        "{'a':1}".into(),
        "{/**/}".into(),
        text[..text.len() / 2].into(),
        text[..text.len() - 1].into(),
        format!("{text}{text}"),
        format!("{text}]"),
        format!("\u{feff}{text}"),
        text.replacen('}', ",}", 1),
    ];
    let shapes =
        ["[]".into(), format!("[{text}]"), "null".into(), "5".into(), "\"x\"".into(), "true".into(), deep("[", 20_000)];
    let mut all: Vec<Spoilt> = Vec::new();
    all.extend(malformed.into_iter().map(|text| Spoilt { text: text.into_bytes(), fate: Fate::Malformed }));
    all.extend(shapes.into_iter().map(|text| Spoilt { text: text.into_bytes(), fate: Fate::Invalid(String::new()) }));
    let unknown = |at: &str, object: &Value, value: Value| {
        let mut object = object.clone();
        object["tenant_id"] = value;
        let mut copy = body.clone();
        *copy.pointer_mut(at).unwrap() = object;
        Spoilt { text: copy.to_string().into_bytes(), fate: Fate::Invalid(format!("{at}/tenant_id")) }
    };
    all.push(unknown("", body, json!(NOBODY)));
    let nested = format!("{{\"tenant_id\":{}{}}}", deep("[", 10_000), deep("]", 10_000));
    all.push(Spoilt { text: nested.into_bytes(), fate: Fate::Invalid("/tenant_id".into()) });
    for (pointer, value) in values(body, "") {
        let invalid = |text| Spoilt { text, fate: Fate::Invalid(pointer.clone()) };
        all.extend(
            wrong_values(&pointer, &value)
                .into_iter()
                .map(|(raw, fate)| Spoilt { text: with(body, &pointer, &raw), fate }),
        );
        all.push(invalid(with(body, &pointer, format!("{}{}", deep("[", 10_000), deep("]", 10_000)).as_bytes())));
        if !nullable.split(' ').any(|may| may == pointer) {
            all.push(invalid(with(body, &pointer, b"null")));
        }
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        if value.is_object() {
            all.push(unknown(&pointer, &value, json!(1)));
        }
        if body.pointer(parent).is_some_and(Value::is_object) {
            all.push(invalid(with(body, &pointer, format!("{value},\"{name}\":{value}").as_bytes())));
            if !optional.split(' ').any(|may| may == pointer) {
                let mut copy = body.clone();
                copy.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
                all.push(invalid(copy.to_string().into_bytes()));
            }
        }
    }
    all
}

/// Says what was sent, shortened.
fn shown(route: &Route, text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    format!("{} {} <- {}", route.method, route.path, text.chars().take(300).collect::<String>())
}

/// A refused sign-in, or a wrong password of one who is signed in, leaves a trace on purpose, and nothing else does.
fn traces(name: &str) -> &'static [&'static str] {
    match name {
        "login" => &["platform_audit_events"],
        "change_password" | "change_email" => &["audit_events", "audit_heads"],
        _ => &[],
    }
}

async fn refuses_all(place: &Place, case: &Case) {
    let route = route(case.0);
    let (address, before) = (place.address(&route), place.rows().await);
    for Spoilt { text, fate } in spoilt(case) {
        let what = shown(&route, &text);
        let answer = place.ask(&route, &address, &[], Some(text)).await;
        match fate {
            Fate::Malformed => refused(&answer, &[(400, "malformed_json")], &what),
            Fate::Refused => {
                let secret = [
                    (422, "invalid"),
                    (422, "invalid_password"),
                    (403, "wrong_password"),
                    (401, "invalid_credentials"),
                    (403, "bootstrap_refused"),
                    (404, "invitation_not_found"),
                    (404, "reset_not_found"),
                    (401, "refresh_refused"),
                    (404, "address_change_not_found"),
                ];
                refused(&answer, &secret, &what);
            }
            Fate::Invalid(pointer) => {
                refused(&answer, &[(422, "invalid")], &what);
                let pointers = named(&answer, "pointer");
                let inside = |p: &&str| **p == *pointer || p.starts_with(&format!("{pointer}/"));
                assert!(pointers.iter().any(inside), "{what}: {pointer} is not pointed at: {pointers:?}");
            }
        }
    }
    wrong_envelopes(place, &route, &address, &case.1).await;
    place.unchanged(&before, traces(case.0), case.0).await;
}

/// The body is right, and what it comes in is wrong.
async fn wrong_envelopes(place: &Place, route: &Route, address: &str, body: &Value) {
    let text = body.to_string().into_bytes();
    let types: [&[u8]; 7] = [
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"multipart/form-data; boundary=x",
        b"application/jsonx",
        b"",
        b"application/\xff",
        crate::ask::NO_HEADER,
    ];
    for media in types {
        let answer = place.ask(route, address, &[("Content-Type", media)], Some(text.clone())).await;
        refused(&answer, &[(415, "unsupported_media_type")], &format!("{} as {media:?}", route.path));
        assert_eq!(named(&answer, "header"), ["Content-Type"]);
    }
    let answer = place.ask(route, address, &[("Content-Encoding", b"gzip")], Some(text.clone())).await;
    refused(&answer, &[(415, "unsupported_media_type")], route.path);
    assert_eq!(named(&answer, "header"), ["Content-Encoding"]);
    let mut long = text;
    long.resize(65_537, b' ');
    refused(&place.ask(route, address, &[], Some(long)).await, &[(413, "body_too_large")], route.path);
    let empty = place.ask(route, address, &[("Content-Type", b"application/json")], None).await;
    refused(&empty, &[(400, "malformed_json")], &format!("{} without a body", route.path));
}

// Attacks: 8.
pub(crate) async fn a_wrong_body_is_pointed_at_and_writes_nothing(database: FreshDatabase) {
    let place = Place::build(database).await;
    for case in &cases(&place) {
        refuses_all(&place, case).await;
    }
    // The bodies of the table were wrong only where they were spoilt: as they are, each is accepted.
    for (name, body, ..) in cases(&place) {
        let route = route(name);
        let answer = place.ask(&route, &place.address(&route), &[], Some(body.to_string().into_bytes())).await;
        assert!(answer.status.is_success(), "{name}: {answer:?}");
    }
    place.server.stop().await;
}

pub(crate) async fn a_wrong_bootstrap_is_pointed_at_and_writes_nothing(database: FreshDatabase) {
    let server = TestServer::start(database).await;
    let place = Place::empty(server);
    let case = bootstrap();
    refuses_all(&place, &case).await;
    let answer = place.ask(&route(case.0), "/api/v1/bootstrap", &[], Some(case.1.to_string().into_bytes())).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    place.server.stop().await;
}

/// The table above knows every route that takes a body, and no other route reads one.
pub(crate) async fn every_route_that_takes_a_body_is_in_the_table(database: FreshDatabase) {
    let place = Place::build(database).await;
    let known: BTreeSet<&str> = cases(&place).iter().map(|case| case.0).chain(["bootstrap"]).collect();
    let (with, without): (Vec<_>, Vec<_>) = described().into_iter().partition(|(_, o)| o["requestBody"].is_object());
    assert_eq!(with.iter().map(|(route, _)| route.name()).collect::<BTreeSet<_>>(), known);
    for (route, _) in without.iter().filter(|(route, _)| route.method != "GET") {
        // Nothing has this id, so that nothing is done; a body that were read would be refused before that shows.
        let address =
            place.ids.keys().fold(route.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), NOBODY));
        let signs_out = route.name() == "logout";
        let token = if signs_out { place.server.operator().await.token } else { place.token(route).map(str::to_owned) };
        let answer = place.ask_as(token.as_deref(), route.method.as_str(), &address, &[], Some(b"{".to_vec())).await;
        // What names no object finds one: the own session, none to end, or the own address.
        let expected = match route.name() {
            "logout" | "end_other_sessions" => 204,
            "verify_email" => 202,
            _ => 404,
        };
        assert_eq!(answer.status, expected, "{} reads a body: {answer:?}", route.name());
    }
    place.server.stop().await;
}
