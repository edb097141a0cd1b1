//! Lists, asked with wrong cursors, limits, sorts and filters.

use cotenant_api::Route;
use cotenant_tests::FreshDatabase;
use serde_json::Value;

use crate::ask::{NOBODY, Place, asked_with, described, named, parameters, refused};

struct List {
    route: Route,
    address: String,
    parameters: Vec<Value>,
}

impl List {
    fn sorts(&self) -> Vec<String> {
        let sort = self.parameters.iter().find(|parameter| parameter["name"] == "sort").unwrap();
        let words = words(sort);
        assert!(!words.is_empty(), "{}: {sort}", self.address);
        words
    }

    async fn ask(&self, place: &Place, query: &str) -> cotenant_tests::Answer {
        place.ask(&self.route, &format!("{}?{query}", self.address), &[], asked_with(&self.route)).await
    }

    /// The cursor after the first row.
    async fn cursor(&self, place: &Place, query: &str) -> String {
        let page = self.ask(place, &format!("limit=1{query}")).await;
        let cursor = page.body["next_cursor"].as_str();
        cursor.unwrap_or_else(|| panic!("{} has too few rows: {page:?}", self.address)).to_owned()
    }
}

/// The words that a parameter's description lists, wherever its schema stands.
fn words(parameter: &Value) -> Vec<String> {
    let document = serde_json::to_value(cotenant_api::openapi()).unwrap();
    let named = parameter["schema"]["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let schema = named.and_then(|at| document.pointer(at)).unwrap_or(&parameter["schema"]);
    let words = schema["enum"].as_array().into_iter().flatten();
    words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn lists(place: &Place) -> Vec<List> {
    let all = described().into_iter().map(|(route, operation)| {
        let address = place.address(&route);
        List { route, address, parameters: parameters(&operation, "query") }
    });
    let lists: Vec<List> = all.filter(|list| list.parameters.iter().any(|p| p["name"] == "cursor")).collect();
    assert_eq!(lists.len(), 16);
    lists
}

const CURSOR: &[(u16, &str)] = &[(400, "invalid_cursor")];
const QUERY: &[(u16, &str)] = &[(400, "invalid_query")];
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Beneath this lies what the cursor is bound to (13 bytes in base64): a change there is always seen.
const BOUND: usize = 17;

/// The cursor with one character changed: each in its place, by one bit.
fn flipped(cursor: &str) -> Vec<(usize, String)> {
    let digit = |c: u8| ALPHABET.iter().position(|a| *a == c).unwrap();
    let change = |at: usize| {
        let mut bytes = cursor.as_bytes().to_vec();
        bytes[at] = ALPHABET[digit(bytes[at]) ^ (1 << (at % 6))];
        (at, String::from_utf8(bytes).unwrap())
    };
    (0..cursor.len()).map(change).collect()
}

// Attacks: 31.
pub(crate) async fn a_tampered_cursor_is_refused_or_harmless(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    for list in lists(&place) {
        for sort in list.sorts() {
            let sorted = format!("&sort={sort}");
            let cursor = list.cursor(&place, &sorted).await;
            assert!(list.ask(&place, &format!("cursor={cursor}{sorted}")).await.status.is_success());
            for (at, wrong) in flipped(&cursor) {
                let answer = list.ask(&place, &format!("cursor={wrong}{sorted}")).await;
                if at < BOUND || !answer.status.is_success() {
                    refused(&answer, CURSOR, &format!("{} {sort} {wrong}", list.address));
                    assert_eq!(named(&answer, "parameter"), ["cursor"]);
                }
            }
        }
        let cursor = list.cursor(&place, "").await;
        for end in 0..cursor.len() {
            refused(&list.ask(&place, &format!("cursor={}", &cursor[..end])).await, CURSOR, &format!("cut at {end}"));
        }
        let long = "A".repeat(30_000);
        for wrong in
            ["x", "%00", "%F0%9F", "null", "{}", "../..", "'%20OR%201=1--", "AAAA====", &format!("{cursor}AA"), &long]
        {
            refused(&list.ask(&place, &format!("cursor={wrong}")).await, CURSOR, &format!("{} {wrong}", list.address));
        }
    }
    place.unchanged(&before, &[], "reading").await;
    place.server.stop().await;
}

// Attacks: 31.
pub(crate) async fn a_cursor_fits_only_its_own_list(database: FreshDatabase) {
    let place = Place::build(database).await;
    let lists = lists(&place);
    for list in &lists {
        let cursor = list.cursor(&place, "").await;
        for other in lists.iter().filter(|other| other.address != list.address) {
            let what = format!("{} at {}", list.address, other.address);
            refused(&other.ask(&place, &format!("cursor={cursor}")).await, CURSOR, &what);
        }
        for sort in list.sorts() {
            let what = format!("{} at its sort {sort}", list.address);
            refused(&list.ask(&place, &format!("cursor={cursor}&sort={sort}")).await, CURSOR, &what);
        }
    }
    // The same list of another tenant, and of another store.
    let cursor = lists.iter().find(|list| list.address == "/api/v1/roles").unwrap().cursor(&place, "").await;
    let answer = place.stranger.get(&format!("/api/v1/roles?cursor={cursor}")).await;
    refused(&answer, CURSOR, "another tenant's cursor");
    place.server.stop().await;
}

/// What is no value of the parameter. Filters for texts take any text that a name can be.
fn wrong_values(parameter: &Value) -> Vec<String> {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut wrong = texts(&["", "%00", "a%E2%80%AEb", "%E2%80%8B", "%0A"]);
    wrong.push("x".repeat(300));
    match parameter["name"].as_str().unwrap() {
        "q" => {}
        "action" | "object_kind" | "kind" => wrong.extend(texts(&["A", "1;drop", "a-b", "%F0%9F"])),
        "limit" => wrong.extend(texts(&["0", "-1", "%2B1", "1.5", "1e3", "ten", "0x10", "%D9%A1", "1%200", "NaN"])),
        "sort" => wrong.extend(texts(&["password_hash", "--id", "ID", "id,name", "id%20desc", "tenant_id", "%F0%9F"])),
        _ => wrong.extend(texts(&["-1", "2", "yes", "TRUE", "null", "1;drop", "[]", "password_hash", "%F0%9F"])),
    }
    wrong
}

// Attacks: 33.
pub(crate) async fn a_wrong_parameter_of_a_list_is_named(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    for list in lists(&place) {
        for parameter in list.parameters.iter().filter(|parameter| parameter["name"] != "cursor") {
            let name = parameter["name"].as_str().unwrap();
            for wrong in wrong_values(parameter) {
                let answer = list.ask(&place, &format!("{name}={wrong}")).await;
                refused(&answer, QUERY, &format!("{}?{name}={wrong}", list.address));
                assert_eq!(named(&answer, "parameter"), [name]);
            }
            let twice = list.ask(&place, &format!("{name}=1&{name}=1")).await;
            refused(&twice, QUERY, name);
            assert_eq!(named(&twice, "parameter"), [name]);
        }
        for harmless in ["limit=100000", "limit=99999999999999999999", "&&"] {
            assert_eq!(list.ask(&place, harmless).await.status, 200, "{}?{harmless}", list.address);
        }
        for odd in ["q=%", "q=%zz", "q=%F0%9F", "=", "=1", "%ff=1", "limit=%"] {
            let answer = list.ask(&place, odd).await;
            if answer.status != 200 {
                refused(&answer, QUERY, &format!("{}?{odd}", list.address));
            }
        }
    }
    place.unchanged(&before, &[], "reading").await;
    place.server.stop().await;
}

// Attacks: 33, 5.
pub(crate) async fn an_unknown_parameter_is_refused_everywhere(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    for (route, _) in described() {
        for unknown in ["tenant_id", "x", "Limit", "$filter", "a%00b", "access_token", "_method"] {
            let address = format!("{}?{unknown}={NOBODY}", place.address(&route));
            let answer = place.ask(&route, &address, &[], None).await;
            let what = format!("{} {address}", route.method);
            refused(&answer, &[(400, "invalid_query"), (415, "unsupported_media_type")], &what);
            assert!(answer.status == 400 || route.method != "GET", "{what}");
        }
    }
    place.unchanged(&before, &[], "unknown parameters").await;
    place.server.stop().await;
}
