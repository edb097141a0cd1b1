use std::fmt;

use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// 256 random bits that stand for something: an invitation, a session to be renewed. They are shown once, to
/// their holder; what is stored is [`SecretBytes::hash`].
pub struct SecretBytes(SecretBox<[u8; 32]>);

/// The source of new secrets: the operating system's generator in production.
pub trait SecretSource: Send + Sync {
    /// Fresh secret bytes.
    fn next(&self) -> SecretBytes;
}

impl SecretBytes {
    /// Wraps bytes that were drawn from a cryptographic generator.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// SHA-256 of the bytes. A plain hash is enough for a secret of 256 random bits: there is nothing to guess.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// Whether `hash` is the hash of these bytes, in constant time.
    pub fn matches(&self, hash: &[u8]) -> bool {
        self.hash().ct_eq(hash).into()
    }

    /// Another secret, which only who has this one and the salt can tell: SHA-256 of both. What is stored of a secret is the
    /// hash of 32 bytes and never of 64, so neither can be taken for the other.
    #[must_use]
    pub fn derive(&self, salt: &[u8; 32]) -> Self {
        Self::new(Sha256::new().chain_update(self.0.expose_secret()).chain_update(salt).finalize().into())
    }

    /// The bytes themselves, for who computes with them.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }

    /// The bytes in lower-case hexadecimal, for the one message that carries them.
    pub fn to_hex(&self) -> String {
        self.0.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads 64 hexadecimal digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Self::new(bytes))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_there_and_back_and_the_hash_matches_only_its_own() {
        let secret = SecretBytes::new([7; 32]);
        let read = SecretBytes::from_hex(&secret.to_hex()).unwrap();
        assert!(read.matches(&secret.hash()));
        assert!(!SecretBytes::new([8; 32]).matches(&secret.hash()));
        assert!(!read.matches(&[]));
    }

    #[test]
    fn anything_but_64_digits_is_no_secret() {
        for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66), &"é".repeat(32)] {
            assert!(SecretBytes::from_hex(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn a_derived_secret_is_the_same_each_time_and_another_for_each_salt_and_each_secret() {
        let secret = SecretBytes::new([7; 32]);
        let derived = secret.derive(&[1; 32]);
        assert_eq!(derived.hash(), secret.derive(&[1; 32]).hash());
        for other in [&secret, &secret.derive(&[2; 32]), &SecretBytes::new([8; 32]).derive(&[1; 32])] {
            assert_ne!(derived.hash(), other.hash());
        }
    }

    #[test]
    fn debug_output_shows_nothing() {
        assert_eq!(format!("{:?}", SecretBytes::new([9; 32])), "SecretBytes(..)");
    }
}
