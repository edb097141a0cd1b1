//! Texts, JSON and bytes of every kind, and what an answer to them must be.

use cotenant_api::PROBLEMS;
use cotenant_tests::Answer;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::runner::{Outcome, holds_that};

/// Texts: plain, of any characters, dangerous, and long.
pub(crate) fn texts() -> BoxedStrategy<String> {
    let known: &'static [&str] = &[
        "",
        " ",
        "\0",
        "a\0b",
        "null",
        "undefined",
        "NaN",
        "true",
        "0",
        "-1",
        "'",
        "\"",
        "' OR 1=1 --",
        "); DROP TABLE stores; --",
        "%",
        "%%",
        "_",
        "\\",
        "../../etc/passwd",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "<script>",
        "\u{202e}abc",
        "\u{feff}",
        "\u{200b}",
        "e\u{301}",
        "ﬀ",
        "İ",
        "ß",
        "Ǆ",
        "\u{10ffff}",
        "\u{fffd}",
        "a@b.example",
        "UTC",
        "KES",
        "2026-11-23T03:20:04Z",
        "01890a5d-ac96-774b-bcce-b302099a8057",
        "00000000-0000-0000-0000-000000000000",
        "9999-12-31T23:59:59.999999Z",
        "-9999-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-11-23T03:20:60Z",
        "2026-11-23T03:20:04+23:59",
    ];
    let repeated = (any::<char>(), 0_usize..3_000).prop_map(|(c, n)| c.to_string().repeat(n));
    prop_oneof![3 => proptest::sample::select(known).prop_map(str::to_owned), 3 => any::<String>(),
        2 => "[ -~]{0,40}", 1 => repeated]
    .boxed()
}

/// Numbers at all edges there are, as they stand in JSON.
fn numbers() -> BoxedStrategy<String> {
    let edges: &'static [&str] = &[
        "0",
        "-0",
        "1",
        "-1",
        "0.0",
        "1e2",
        "1E+2",
        "1.5",
        "1e-400",
        "1e308",
        "1e400",
        "-1e400",
        "2147483648",
        "4294967296",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "1_000",
        "Infinity",
    ];
    prop_oneof![
        proptest::sample::select(edges).prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
    ]
    .boxed()
}

/// Values as they stand in JSON, some of which are none.
pub(crate) fn values() -> BoxedStrategy<String> {
    let odd: &'static [&str] = &[
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"a\\u0000b\"",
        "\"\\u0000\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"a\nb\"",
        "\"",
        "'a'",
        "nul",
        "/**/1",
        "NaN",
        "{\"a\":1,\"a\":2}",
        "[1,]",
        "{,}",
        "\u{feff}1",
    ];
    let leaf = prop_oneof![
        2 => proptest::sample::select(odd).prop_map(str::to_owned),
        2 => numbers(),
        3 => texts().prop_map(|text| json!(text).to_string()),
    ];
    let deep = (1_usize..12_000, any::<bool>()).prop_map(|(depth, closed)| {
        let open = "[".repeat(depth);
        if closed { format!("{open}{}", "]".repeat(depth)) } else { open }
    });
    let some = leaf.prop_recursive(3, 12, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(",")));
        let member = (texts(), inner).prop_map(|(name, value)| format!("{}:{value}", json!(name)));
        let object = proptest::collection::vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(",")));
        prop_oneof![list, object]
    });
    prop_oneof![20 => some, 1 => deep].boxed()
}

/// An answer that an operation describes: documented, whole, and no failure of ours.
pub(crate) fn is_described(answer: &Answer, operation: &Value) -> Outcome {
    let status = answer.status.as_u16();
    holds_that!(status < 500, "{answer:?}");
    let described = operation["responses"].as_object().unwrap();
    holds_that!(described.contains_key(&status.to_string()), "{status} is not described: {answer:?}");
    if status >= 400 {
        let code = answer.body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/");
        let known = PROBLEMS.iter().any(|kind| kind.code == code && kind.status == status);
        let is_problem = answer.headers["content-type"] == "application/problem+json";
        holds_that!(known && is_problem, "no problem document: {answer:?}");
    }
    Ok(())
}

/// A text for an address: every byte that is not a letter or a digit is escaped.
pub(crate) fn escaped(text: &str) -> String {
    let byte = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}
