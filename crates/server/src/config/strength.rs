//! Whether a secret is worth the name.

use secrecy::{ExposeSecret, SecretString};

use super::development::MARK;
use super::production::Reason;

/// Fewest bytes of a signing key: HMAC-SHA-256 gains nothing from more, and loses with less.
pub(super) const KEY_BYTES: usize = 32;
/// Fewest bytes of the bootstrap secret, which is used once over a network.
pub(super) const BOOTSTRAP_BYTES: usize = 16;

/// Random text of this length has more different characters than this, but for one in ten million.
const LEAST_VARIETY: usize = 8;

/// What people write where a secret is to be filled in, without the separators they write it with.
const PLACEHOLDERS: [&str; 8] =
    ["changeme", "changethis", "replaceme", "placeholder", "example", "insecure", "yoursecret", "yourkey"];

/// Fails with the length.
pub(super) fn long_enough(secret: &SecretString, least: usize) -> Result<(), usize> {
    let bytes = secret.expose_secret().len();
    if bytes < least { Err(bytes) } else { Ok(()) }
}

/// The first reason not to trust a secret.
pub(super) fn weakness(secret: &SecretString, least: usize) -> Option<Reason> {
    let text = secret.expose_secret();
    let folded: String = text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    if text.contains(MARK) {
        Some(Reason::MadeForDevelopment)
    } else if PLACEHOLDERS.iter().any(|placeholder| folded.contains(placeholder)) {
        Some(Reason::Placeholder)
    } else if let Err(bytes) = long_enough(secret, least) {
        Some(Reason::Short { bytes, least })
    } else if is_monotonous(text.as_bytes()) {
        Some(Reason::LowVariety)
    } else {
        None
    }
}

/// Few different bytes, few different steps from one to the next (`abcdefgh...`), or one piece repeated.
fn is_monotonous(bytes: &[u8]) -> bool {
    let distinct = |values: &mut dyn Iterator<Item = u8>| {
        let mut seen = [false; 256];
        values.for_each(|value| seen[usize::from(value)] = true);
        seen.iter().filter(|seen| **seen).count()
    };
    let mut steps = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    distinct(&mut bytes.iter().copied()) < LEAST_VARIETY
        || distinct(&mut steps) < LEAST_VARIETY
        || (1..=bytes.len() / 2).any(|period| bytes[period..] == bytes[..bytes.len() - period])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Reason> {
        weakness(&SecretString::from(text), KEY_BYTES)
    }

    #[test]
    fn weak_secrets_are_told_apart() {
        assert_eq!(of("9f86d081884c7d659a2feaa0c55ad015"), None);
        assert_eq!(of("Zm9vIHRoZSBiYXIgYW5kIGJheiBxdXV4"), None);
        assert_eq!(of("9f86d081884c7d65"), Some(Reason::Short { bytes: 16, least: 32 }));
        assert_eq!(of("please-change-me-please-change-me"), Some(Reason::Placeholder));
        assert_eq!(of("CHANGE_ME"), Some(Reason::Placeholder));
        assert_eq!(of(&format!("{MARK}9f86d081884c7d659a2feaa0c55ad015")), Some(Reason::MadeForDevelopment));
        for monotonous in [
            "a".repeat(64),
            "0123456789".repeat(4),
            "password".repeat(4),
            "abcdefghijklmnopqrstuvwxyz0123456789".to_owned(),
            "correct-horse-ba".repeat(2),
        ] {
            assert_eq!(of(&monotonous), Some(Reason::LowVariety), "{monotonous}");
        }
    }
}
