//! Keys of requests that are none: empty, too long, given twice, of other characters.

use cotenant_tests::FreshDatabase;
use serde_json::json;

use crate::ask::{Place, described, named, refused};
use crate::bodies::cases;

const KEY: &str = "Idempotency-Key";

/// What stands in the lines of the header; none of it is a key.
const ODD: &[(&str, &[&[u8]])] = &[
    ("nothing", &[b""]),
    ("blanks", &[b"   "]),
    ("a blank within", &[b"a b"]),
    ("a tab within", &[b"a\tb"]),
    ("a letter of two bytes", &["ä".as_bytes()]),
    ("a direction turned", &["a\u{202e}b".as_bytes()]),
    ("bytes that are no text", &[b"\xff\xfe"]),
    ("one character too many", &[&[b'k'; 256]]),
    ("far too many", &[&[b'k'; 8_000]]),
    ("the same twice", &[b"k", b"k"]),
    ("two", &[b"k", b"l"]),
    ("a good one and an empty one", &[b"k", b""]),
];

// Attacks: 40.
pub(crate) async fn an_odd_key_of_a_request_is_refused_wherever_one_is_taken(database: FreshDatabase) {
    let place = Place::build(database).await;
    let (before, bodies) = (place.rows().await, cases(&place));
    let mut asked = 0;
    for (route, operation) in described().into_iter().filter(|(route, _)| route.is_done_once()) {
        let body = bodies.iter().find(|(name, ..)| operation["operationId"] == *name).map(|(_, body, ..)| body);
        let body = body.unwrap_or(&json!({})).to_string().into_bytes();
        let address = place.address(&route);
        for (what, lines) in ODD {
            let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| (KEY, *line)).collect();
            let answer = place.ask(&route, &address, &headers, Some(body.clone())).await;
            let what = format!("{} with {what}", operation["operationId"]);
            refused(&answer, &[(400, "invalid_header")], &what);
            assert_eq!(named(&answer, "header"), [KEY], "{what}");
            // Who is nobody is told that, and nothing of the key.
            let nobody = place.ask_as(None, "POST", &address, &headers, Some(body.clone())).await;
            refused(&nobody, &[(401, "unauthenticated")], &what);
            asked += 1;
        }
    }
    assert!(asked > 6 * ODD.len(), "{asked}");
    place.unchanged(&before, &[], "keys that are none").await;
    place.server.stop().await;
}

pub(crate) async fn a_key_is_not_looked_at_where_none_is_taken(database: FreshDatabase) {
    let place = Place::build(database).await;
    let mut asked = 0;
    for (route, _) in described().into_iter().filter(|(route, _)| route.method == "GET") {
        let address = place.address(&route);
        let plain = place.ask(&route, &address, &[], None).await.status;
        for (what, lines) in ODD {
            let headers: Vec<(&str, &[u8])> = lines.iter().map(|line| (KEY, *line)).collect();
            let answer = place.ask(&route, &address, &headers, None).await;
            assert_eq!(answer.status, plain, "{address} with {what}: {answer:?}");
            asked += 1;
        }
    }
    assert!(asked > 20 * ODD.len(), "{asked}");
    place.server.stop().await;
}
