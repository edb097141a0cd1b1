//! The reader of tokens: texts that have the form of a token, and texts that have none.

use std::sync::{Arc, LazyLock};

use cotenant_domain::identity::TokenVerifier;
use cotenant_infrastructure::JwtTokens;
use cotenant_infrastructure::signing_keys::KeyRing;
use cotenant_tests::prove;
use cotenant_tests::server::{SIGNING_KEY, SIGNING_KEY_ID};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::junk::{texts, values};
use crate::runner::{Count, holds, holds_that};
use cotenant_tests::sign::{encode, signed};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::days(20_000));
const NAMES: [&str; 12] =
    ["iss", "aud", "jti", "sid", "user_id", "tenant_id", "uep", "mep", "tep", "iat", "exp", "sub"];

/// The header of a good token.
static HEADER: LazyLock<String> =
    LazyLock::new(|| format!("{{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"{SIGNING_KEY_ID}\"}}"));

#[derive(Debug, Clone)]
enum Text {
    /// Any text.
    Any(String),
    /// Parts that stand for any bytes.
    Parts(Vec<Vec<u8>>),
    /// Header and claims of any JSON, signed by the key itself.
    Signed(String, String),
    /// Good claims with one of them replaced by anything, signed by the key itself.
    Claim(usize, String),
}

fn cases() -> impl Strategy<Value = Text> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..80);
    prop_oneof![
        texts().prop_map(Text::Any),
        proptest::collection::vec(bytes, 0..5).prop_map(Text::Parts),
        (values(), values()).prop_map(|(header, claims)| Text::Signed(header, claims)),
        (0..NAMES.len(), values()).prop_map(|(claim, value)| Text::Claim(claim, value)),
    ]
}

fn claims(replaced: usize, value: &str) -> String {
    let id = |n: u8| format!("01890a5d-ac96-774b-bcce-b302099a80{n:02}");
    let now = NOW.unix_timestamp();
    let good = json!({ "iss": "cotenant", "aud": "cotenant", "jti": id(1), "sid": id(2), "user_id": id(3),
        "tenant_id": id(4),
        "mep": 1, "tep": 1, "iat": now - 60, "exp": now + 60 });
    let members = good.as_object().unwrap().iter().filter(|(name, _)| *name != NAMES[replaced]);
    let mut members: Vec<_> = members.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    members.push(format!("\"{}\":{value}", NAMES[replaced]));
    format!("{{{}}}", members.join(","))
}

#[actix_web::test]
async fn any_text_is_read_and_is_no_token() {
    let tokens = JwtTokens::new(Arc::new(KeyRing::of_secret(&SecretString::from(SIGNING_KEY))), "cotenant");
    let (tried, opened) = <(Count, Count)>::default();
    let (key, header) = (SIGNING_KEY.as_bytes(), HEADER.as_bytes());
    let control = signed(header, claims(9, &(NOW.unix_timestamp() - 60).to_string()).as_bytes(), key);
    assert!(tokens.verify(&SecretString::from(control), NOW).is_some(), "the control");
    let counts = (tried.clone(), opened.clone());
    holds("fuzzed tokens", prove::times(2_000, 50_000), cases, async move |text: Text| {
        let token = match &text {
            Text::Any(text) => text.clone(),
            Text::Parts(parts) => parts.iter().map(encode).collect::<Vec<_>>().join("."),
            Text::Signed(header, claims) => signed(header.as_bytes(), claims.as_bytes(), key),
            Text::Claim(claim, value) => signed(header, claims(*claim, value).as_bytes(), key),
        };
        let claims = tokens.verify(&SecretString::from(token.clone()), NOW);
        tried.add(1);
        // A claim replaced by one as good as it was (another id, another epoch) and signed by the key is a token.
        let may_be = matches!(text, Text::Claim(claim, _) if !["iss", "aud", "uep", "sub"].contains(&NAMES[claim]));
        holds_that!(claims.is_none() || may_be, "{token} is a token: {claims:?}");
        opened.add(usize::from(claims.is_some()));
        Ok(())
    })
    .await;
    let (tried, opened) = counts;
    assert!(opened.get() * 20 < tried.get(), "{} of {} were tokens", opened.get(), tried.get());
    let told =
        [("texts", tried.get()), ("good claims by the key itself", opened.get()), ("panics", 0), ("accepted", 0)];
    prove::figures("fuzzed tokens", "-", &told);
}
