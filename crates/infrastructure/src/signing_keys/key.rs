use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use cotenant_domain::identity::PublicKey;
use cotenant_domain::shared::SecretBytes;
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// What a name is derived with, so that the hash stands for nothing else.
const LABEL: &[u8] = b"cotenant signing key\0";

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA256 (RFC 7518, 3.2): who verifies could sign as well.
    #[serde(rename = "HS256")]
    Hs256,
    /// Ed25519 (RFC 8037): its public half verifies and is published.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// All there are.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Hs256];

    /// The name of RFC 7518 and RFC 8037.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(crate) fn of_jwt(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key in the form in which it is used.
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) algorithm: Algorithm,
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
    public: Option<[u8; 32]>,
}

impl Key {
    /// A key by its secret: for Ed25519 the seed of the pair. `None` where the algorithm does not take it.
    pub(super) fn new(kid: &str, algorithm: Algorithm, secret: &SecretBytes) -> Option<Self> {
        match algorithm {
            Algorithm::Hs256 => Some(Self::symmetric(kid.to_owned(), secret.expose())),
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(secret.expose()).ok()?;
                let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).ok()?;
                Some(Self {
                    kid: kid.to_owned(),
                    algorithm,
                    signing: EncodingKey::from_ed_der(pair.to_pkcs8v1().ok()?.as_ref()),
                    verifying: DecodingKey::from_ed_der(&public),
                    public: Some(public),
                })
            }
        }
    }

    /// The key for HMAC-SHA256 that a text is, which should have at least 256 bits (RFC 7518, 3.2). Its name is derived from
    /// it by a one-way hash, so that all servers with the same text know it by the same name. That tells no more of a
    /// text that can be guessed than each of its signatures does.
    pub(super) fn of_text(text: &SecretString) -> Self {
        let bytes = text.expose_secret().as_bytes();
        let hash = digest(&SHA256, &[LABEL, bytes].concat());
        let kid = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self::symmetric(kid, bytes)
    }

    fn symmetric(kid: String, bytes: &[u8]) -> Self {
        Self {
            kid,
            algorithm: Algorithm::Hs256,
            signing: EncodingKey::from_secret(bytes),
            verifying: DecodingKey::from_secret(bytes),
            public: None,
        }
    }

    /// What of it everybody may know.
    pub(crate) fn published(&self) -> Option<PublicKey> {
        self.public.map(|bytes| PublicKey { id: self.kid.clone(), bytes })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}, {}, ..)", self.kid, self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 1.
    #[test]
    fn the_public_half_is_that_of_the_standard() {
        let seed = SecretBytes::from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let key = Key::new("k", Algorithm::EdDsa, &seed).unwrap();
        let public = SecretBytes::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        assert_eq!(key.published(), Some(PublicKey { id: "k".into(), bytes: *public.expose() }));
        let shown = format!("{key:?}");
        assert_eq!(shown, "Key(k, EdDSA, ..)");
    }

    #[test]
    fn a_secret_is_not_published_and_has_the_same_name_everywhere() {
        let of = |text: &str| Key::of_text(&SecretString::from(text));
        let key = of("0123456789abcdef0123456789abcdef");
        assert_eq!(key.published(), None);
        assert_eq!(key.kid, of("0123456789abcdef0123456789abcdef").kid);
        assert_ne!(key.kid, of("0123456789abcdef0123456789abcdeg").kid);
        assert!(Key::new("k", Algorithm::Hs256, &SecretBytes::new([1; 32])).unwrap().published().is_none());
    }
}
