use std::fmt;

use secrecy::SecretString;
use subtle::ConstantTimeEq;
use time::OffsetDateTime;

use super::model::ServiceAccountId;
use crate::identity::UserId;
use crate::shared::{Id, Name, SecretBytes};
use crate::tenants::TenantId;

/// The id of an API key.
pub type ApiKeyId = Id<ApiKey>;

/// What is stored of a key's secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

/// A key of a service account, without its secret, which nobody has but its holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, a part of the key itself.
    pub id: ApiKeyId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// Whose it is.
    pub account_id: ServiceAccountId,
    /// Where it is used, said by who made it.
    pub name: Name,
    /// By which it is recognised.
    pub hash: KeyHash,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Who made it.
    pub created_by: UserId,
    /// Until when it is good; without an end, until it is revoked.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was used last, to a few minutes: see [`note_use`](super::note_use()).
    pub last_used_at: Option<OffsetDateTime>,
    /// From which address that was.
    pub last_used_address: Option<String>,
    /// The key that it was rotated to, if it was.
    pub successor_id: Option<ApiKeyId>,
}

impl ApiKey {
    /// What the text of the key begins with, up to its secret: enough to tell whose a key found somewhere is.
    pub fn prefix(&self) -> String {
        prefix(self.tenant_id, self.id)
    }
}

/// `cok_<tenant>_<key>_<secret>`, the text of a key.
///
/// It begins with letters that nothing else begins with, for scanners that look for secrets in what people publish. Tenant
/// and key are part of it, so that it is looked up inside its tenant and no look-up spans tenants. Its secret of 256 random
/// bits proves both: there is nothing to guess, and a plain hash is enough to store.
pub struct KeyToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The key.
    pub key_id: ApiKeyId,
    secret: SecretBytes,
}

const MARK: &str = "cok_";

fn prefix(tenant: TenantId, key: ApiKeyId) -> String {
    format!("{MARK}{}_{}_", tenant.as_uuid().simple(), key.as_uuid().simple())
}

impl KeyToken {
    /// The text of a new key.
    pub(super) fn new(tenant_id: TenantId, key_id: ApiKeyId, secret: SecretBytes) -> Self {
        Self { tenant_id, key_id, secret }
    }

    /// What is stored of it.
    pub fn hash(&self) -> KeyHash {
        KeyHash(self.secret.hash())
    }

    /// The text that is handed to its holder, once.
    pub fn reveal(&self) -> SecretString {
        format!("{}{}", prefix(self.tenant_id, self.key_id), self.secret.to_hex()).into()
    }

    /// Reads what [`KeyToken::reveal`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(MARK)?.split('_');
        let mut id = || parts.next().filter(|id| id.len() == 32);
        let (tenant, key) = (id()?, id()?);
        let secret = SecretBytes::from_hex(parts.next()?)?;
        let whole = parts.next().is_none();
        whole.then_some(Self { tenant_id: tenant.parse().ok()?, key_id: key.parse().ok()?, secret })
    }

    /// Whether a text says of itself that it is a key: it is taken for nothing else then.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(MARK)
    }
}

impl KeyHash {
    /// A stored hash.
    pub fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the hash of this key's secret, in constant time.
    pub fn is_of(&self, token: &KeyToken) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

impl fmt::Debug for KeyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyToken({}, ..)", self.key_id)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    fn token() -> KeyToken {
        let id = Uuid::from_u128;
        KeyToken::new(TenantId::new(id(7)), ApiKeyId::new(id(8)), SecretBytes::new([9; 32]))
    }

    // Attacks: 21.
    #[test]
    fn a_key_goes_out_and_comes_back_and_is_recognised_by_its_hash_alone() {
        let text = token().reveal();
        let read = KeyToken::parse(text.expose_secret()).unwrap();
        assert_eq!((read.tenant_id, read.key_id), (token().tenant_id, token().key_id));
        assert!(token().hash().is_of(&read));
        let other = KeyToken::new(token().tenant_id, token().key_id, SecretBytes::new([8; 32]));
        assert!(!token().hash().is_of(&other));
        let hash: String = token().hash().as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!text.expose_secret().contains(&hash), "what is stored opens nothing");
    }

    #[test]
    fn anything_else_is_no_key() {
        let text = token().reveal().expose_secret().to_owned();
        let id = "0".repeat(32);
        for wrong in [
            String::new(),
            "cok_".to_owned(),
            text.replacen("cok_", "rfr_", 1),
            text.replacen("cok_", "COK_", 1),
            format!("{text}_"),
            format!("{text}0"),
            text[..text.len() - 1].to_owned(),
            format!("cok_{id}_{id}_"),
            format!("cok_{id}_{}", "0".repeat(64)),
            format!("cok_{}_{id}_{}", uuid::Uuid::nil(), "0".repeat(64)),
            format!("cok_{}_{id}_{}", "g".repeat(32), "0".repeat(64)),
        ] {
            assert!(KeyToken::parse(&wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn debug_output_shows_neither_secret_nor_hash() {
        let shown = format!("{:?} {:?}", token(), token().hash());
        assert_eq!(shown, "KeyToken(00000000-0000-0000-0000-000000000008, ..) KeyHash(..)");
    }
}
