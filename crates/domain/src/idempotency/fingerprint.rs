use sha2::{Digest, Sha256};

use crate::audit::canonical;

/// What tells two requests under one key apart: SHA-256 of method, path and body.
///
/// A body that is JSON counts by its value, so that a client may write it anew for a retry: neither white space nor the order
/// of members matters. A body with numbers that have no canonical text counts by its bytes, and so does what is no JSON, which
/// no route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of a request.
    pub fn of(method: &str, path: &str, body: &[u8]) -> Self {
        let value = serde_json::from_slice(body).ok();
        let text = value.and_then(|value| canonical(&value).ok());
        let body = text.as_deref().map_or(body, str::as_bytes);
        let mut hash = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), body] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// A stored one.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> Fingerprint {
        Fingerprint::of("POST", "/stores", body.as_bytes())
    }

    #[test]
    fn a_body_counts_by_its_value() {
        let same = of(r#"{"code":"NBO","name":"Nairobi"}"#);
        assert_eq!(of("{ \"name\": \"Nairobi\",\n \"code\": \"\\u004eBO\" }"), same);
        for other in [r#"{"code":"NBO"}"#, r#"{"code":"nbo","name":"Nairobi"}"#, "", "{", "[]"] {
            assert_ne!(of(other), same, "{other}");
        }
        assert_ne!(of("{\"n\":1.5}"), of("{\"n\":2.5}"), "numbers without a canonical text count too");
    }

    #[test]
    fn method_and_path_count_and_no_part_runs_into_the_next() {
        let same = Fingerprint::of("POST", "/a", b"b");
        for (method, path, body) in [("PUT", "/a", "b"), ("POST", "/b", "b"), ("POST", "/ab", ""), ("POS", "T/a", "b")]
        {
            assert_ne!(Fingerprint::of(method, path, body.as_bytes()), same, "{method} {path} {body}");
        }
    }
}
