//! What lies where others can read and write is sealed: nobody reads it, and nobody makes us believe something else.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hmac, rand};
use secrecy::{ExposeSecret, SecretString};

/// The fewest bytes of a secret.
const LEAST: usize = 32;
/// What the secret is used for here, so that the same one elsewhere would make another key.
const PURPOSE: &[u8] = b"cotenant cache seal 1";

/// Why values cannot be kept in Redis.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRedis {
    /// A secret that can be guessed.
    #[error("the secret has {0} bytes, at least 32 are needed")]
    Short(usize),
    /// The address of Redis cannot be read.
    #[error("the address of Redis cannot be read")]
    Address,
    /// The library refuses: a defect.
    #[error("the key cannot be made")]
    Key,
}

/// Seals values under their keys (AES-256-GCM-SIV, RFC 8452): a value opens under the key it was sealed under and no other, so
/// that one that was moved to another tenant's place is as worthless as one that was made up.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    pub(super) fn new(secret: &SecretString) -> Result<Self, InvalidRedis> {
        let secret = secret.expose_secret().as_bytes();
        if secret.len() < LEAST {
            return Err(InvalidRedis::Short(secret.len()));
        }
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), PURPOSE);
        let key = UnboundKey::new(&AES_256_GCM_SIV, derived.as_ref()).map_err(|_| InvalidRedis::Key)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The nonce, which is random (this cipher forgives one that comes twice), then the sealed value.
    pub(super) fn seal(&self, key: &str, value: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut body = value.to_vec();
        let sealed = self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(key), &mut body);
        sealed.ok().map(|()| [nonce.as_slice(), &body].concat())
    }

    /// The value; `None` where it was not sealed by one of ours under this key.
    pub(super) fn open(&self, key: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, body) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let length = self.0.open_in_place(nonce, Aad::from(key), &mut body).ok()?.len();
        body.truncate(length);
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::new(&SecretString::from(secret)).unwrap()
    }

    #[test]
    fn a_value_opens_under_its_own_key_and_secret_only() {
        let ours = seal("a secret of the cache, long enough 1");
        let sealed = ours.seal("tenant-a:1:roles", b"value").unwrap();
        assert_eq!(ours.open("tenant-a:1:roles", &sealed).as_deref(), Some(&b"value"[..]));
        assert!(!sealed.windows(5).any(|part| part == b"value"));
        assert_ne!(sealed, ours.seal("tenant-a:1:roles", b"value").unwrap());
        assert_eq!(ours.open("tenant-b:1:roles", &sealed), None, "another tenant's place");
        assert_eq!(ours.open("tenant-a:2:roles", &sealed), None, "another version");
        assert_eq!(seal("a secret of the cache, long enough 2").open("tenant-a:1:roles", &sealed), None);
        for n in 0..sealed.len() {
            let mut forged = sealed.clone();
            forged[n] ^= 1;
            assert_eq!(ours.open("tenant-a:1:roles", &forged), None, "byte {n}");
            assert_eq!(ours.open("tenant-a:1:roles", &sealed[..n]), None, "cut to {n}");
        }
        assert!(matches!(Seal::new(&SecretString::from("short")), Err(InvalidRedis::Short(5))));
    }
}
