//! Bytes on a connection that are no request, or hardly one.

use std::time::Duration;

use cotenant_tests::{FreshDatabase, TestServer};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ask::Place;

struct Wire {
    status: u16,
    head: String,
    body: String,
}

/// Sends bytes as they are and reads until the server ends the connection. `None`: it ended it without a word.
async fn send(base: &str, bytes: &[u8]) -> Option<Wire> {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    // A server that has answered may close before it has read the rest.
    let _written = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ended =
        timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await.expect("the connection stays open");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Wire { status, head: head.to_lowercase(), body: body.to_owned() })
}

/// What the server's HTTP layer refuses before anything of ours sees it has a status and no body. Everything else has a
/// problem document.
fn refused(answer: Option<Wire>, statuses: &[u16], what: &str) {
    let answer = answer.unwrap_or_else(|| panic!("{what}: closed without an answer"));
    assert!(statuses.contains(&answer.status), "{what}: {} {}", answer.head, answer.body);
    if answer.head.contains("x-request-id") {
        let problem: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{what}: {}", answer.body));
        assert_eq!(problem["status"], answer.status, "{what}");
        assert!(answer.head.contains("application/problem+json"), "{what}: {}", answer.head);
    } else {
        assert_eq!(answer.body, "", "{what}");
    }
}

async fn lives(server: &TestServer) {
    assert_eq!(server.anonymous().get("/healthz").await.status, 200);
}

// Attacks: 40.
pub(crate) async fn what_is_no_http_is_refused_and_the_server_lives(database: FreshDatabase) {
    let place = Place::build(database).await;
    let (server, before) = (&place.server, place.rows().await);
    let token = place.owner.token.clone().unwrap();
    let post = |headers: &str, body: &str| {
        format!(
            "POST /api/v1/stores HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{headers}\r\n{body}"
        )
    };
    let many = (0..200).map(|n| format!("X-{n}: a\r\n")).collect::<String>();
    let cases: Vec<(&str, Vec<u8>, Vec<u16>)> = vec![
        ("noise", b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n".to_vec(), vec![400]),
        ("no version", b"GET /\r\n\r\n".to_vec(), vec![400]),
        ("a wrong version", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_vec(), vec![400]),
        ("no host", b"GET /healthz HTTP/1.1\r\n\r\n".to_vec(), vec![400]),
        ("two hosts", b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_vec(), vec![400]),
        ("a header without a colon", b"GET / HTTP/1.1\r\nHost: x\r\nwrong\r\n\r\n".to_vec(), vec![400]),
        ("a header name with a space", b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n".to_vec(), vec![400]),
        ("a NUL in a header", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n".to_vec(), vec![400]),
        ("a NUL in the path", b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), vec![400]),
        (
            "bytes in the path",
            b"GET /api/v1/stores/\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            vec![400, 401, 404],
        ),
        (
            "bytes in the query",
            b"GET /api/v1/stores?q=\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            vec![400, 401],
        ),
        ("many headers", format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").into_bytes(), vec![431]),
        (
            "a long header",
            format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(300_000)).into_bytes(),
            vec![431],
        ),
        ("a long address", format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(70_000)).into_bytes(), vec![400]),
        (
            "a longer address",
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(300_000)).into_bytes(),
            vec![431],
        ),
        ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}").into_bytes(), vec![400]),
        ("a negative length", post("Content-Length: -2\r\n", "{}").into_bytes(), vec![400]),
        ("a signed length", post("Content-Length: +2\r\n", "{}").into_bytes(), vec![400]),
        (
            "a huge length",
            post("Content-Type: application/json\r\nContent-Length: 99999999999999999999\r\n", "{}").into_bytes(),
            vec![400],
        ),
        (
            "a length and chunks",
            post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n").into_bytes(),
            vec![400],
        ),
        ("a coding unknown", post("Transfer-Encoding: gzip\r\n", "{}").into_bytes(), vec![400]),
        (
            "a path with dots",
            b"GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            vec![404],
        ),
        ("a double slash", b"GET //api/v1/stores HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), vec![404]),
        (
            "a broken escape",
            b"GET /api/v1/stores/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            vec![401],
        ),
        ("a lone percent", b"GET /% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), vec![404]),
        ("an asterisk", b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(), vec![404]),
        (
            "a tunnel",
            b"CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
            vec![400, 404],
        ),
    ];
    for (what, bytes, statuses) in cases {
        refused(send(&server.base, &bytes).await, &statuses, what);
        lives(server).await;
    }
    place.unchanged(&before, &[], "bad HTTP").await;
    place.server.stop().await;
}

pub(crate) async fn a_body_in_chunks_is_held_to_the_same_rules(database: FreshDatabase) {
    let place = Place::build(database).await;
    let before = place.rows().await;
    let token = place.owner.token.clone().unwrap();
    let chunked = |chunks: &str| {
        let head = "POST /api/v1/stores HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n";
        format!("{head}Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n\r\n{chunks}").into_bytes()
    };
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let end = "0\r\n\r\n";
    let long = (0..70).map(|_| chunk(&" ".repeat(1_000))).collect::<String>();
    let cases = [
        ("too much", format!("{long}{end}"), 413, "body_too_large"),
        ("one chunk too long", format!("{}{end}", chunk(&" ".repeat(70_000))), 413, "body_too_large"),
        ("wrong JSON", format!("{}{}{end}", chunk("{\"na"), chunk("me\":}")), 400, "malformed_json"),
        ("a wrong field", format!("{}{}{end}", chunk("{\"na"), chunk("me\":5}")), 422, "invalid"),
        ("nothing", end.to_owned(), 400, "malformed_json"),
    ];
    for (what, chunks, status, code) in cases {
        let answer = send(&place.server.base, &chunked(&chunks)).await;
        let answer = answer.unwrap_or_else(|| panic!("{what}: closed without an answer"));
        assert_eq!(answer.status, status, "{what}: {} {}", answer.head, answer.body);
        assert!(answer.body.contains(&format!("\"/problems/{code}\"")), "{what}: {}", answer.body);
        lives(&place.server).await;
    }
    // Where one chunk ends and the next begins is lost here, and with it the request. The server's HTTP layer ends the
    // connection, and says 400 where it is quick enough.
    for wrong in ["zz\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n{}\r\n", "2\r\n{}{}\r\n0\r\n\r\n"] {
        let answer = send(&place.server.base, &chunked(wrong)).await;
        assert!(answer.is_none_or(|answer| answer.status == 400), "{wrong}");
        lives(&place.server).await;
    }
    place.unchanged(&before, &[], "wrong chunks").await;
    place.server.stop().await;
}

pub(crate) async fn who_stops_midway_is_not_waited_for(database: FreshDatabase) {
    let server = TestServer::start_with(database, &[("COTENANT__SERVER__HEADER_TIMEOUT_SECONDS", "1")]).await;
    let owner = server.bootstrap("acme").await;
    let before = server.database.rows().await;
    refused(send(&server.base, b"GET /healthz HTTP/1.1\r\nHost:").await, &[408], "half a head");
    for body in ["", "{\"name\":\"Town\",\"code\":\"T1\",\"currency\":\"KES\""] {
        let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
        let head = format!(
            "POST /api/v1/stores HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\
             Authorization: Bearer {}\r\n\r\n{body}",
            owner.token.clone().unwrap()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        let _ended = timeout(Duration::from_secs(20), stream.read_to_string(&mut answer)).await.expect("an end");
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
        lives(&server).await;
    }
    assert!(cotenant_tests::rows::differing(&before, &server.database.rows().await).is_empty());
    server.stop().await;
}
