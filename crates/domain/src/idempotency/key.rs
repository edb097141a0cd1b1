use std::str::FromStr;

/// The text by which a client tells that two requests are one. It says nothing to us, and is stored as a digest.
///
/// The IETF draft (draft-ietf-httpapi-idempotency-key-header) writes it as a quoted string of RFC 8941; most clients write it
/// bare. It is taken as it stands, quotes included: a client that keeps to one way is understood either way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// The most characters.
    pub const MAX: usize = 255;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let fits = (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_short_visible_text() {
        for right in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"8e03978e\"", &"x".repeat(255)] {
            assert_eq!(right.parse::<IdempotencyKey>().unwrap().as_str(), right);
        }
        for wrong in ["", " ", "a b", "a\tb", "a\0", "ä", "\u{202e}", &"x".repeat(256)] {
            assert_eq!(wrong.parse::<IdempotencyKey>(), Err(InvalidKey), "{wrong:?}");
        }
    }
}
