//! Tokens that nobody issued: every kind of forgery over HTTP, and mutations of good tokens by the ten thousand
//! against the verifier. All of them are nobody's, and nothing tells one from another.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

#[path = "tokens/forgeries.rs"]
mod forgeries;
#[path = "tokens/keys.rs"]
mod keys;
#[path = "tokens/mutations.rs"]
mod mutations;
#[path = "tokens/over_http.rs"]
mod over_http;
#[path = "tokens/rotation.rs"]
mod rotation;

use cotenant_tests::on_both_databases;
use cotenant_tests::sign::{decode, signed, with_other_unused_bits};
use over_http::every_forgery_is_refused_alike;
use rotation::{everybody_can_verify_a_token_by_the_published_key, keys_change_and_no_request_is_refused};

on_both_databases! {
    every_forgery_is_refused_alike;
    everybody_can_verify_a_token_by_the_published_key;
    keys_change_and_no_request_is_refused;
}

/// RFC 7515, appendix A.1: a token that everybody can check.
#[test]
fn a_token_is_signed_as_in_the_standard() {
    let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let header = b"{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";
    let claims = b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
    let token = signed(header, claims, &decode(key));
    assert_eq!(token.rsplit_once('.').unwrap().1, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!(with_other_unused_bits("dBk"), ["dBl", "dBm", "dBn"]);
}
