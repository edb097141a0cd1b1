use time::OffsetDateTime;

use super::model::ServiceAccountId;
use crate::identity::UserId;
use crate::shared::{Id, Name};
use crate::tenancy::{Marked, OpaqueToken, TokenHash};
use crate::tenants::TenantId;

/// The id of an API key.
pub type ApiKeyId = Id<ApiKey>;

/// What is stored of a key's secret.
pub type KeyHash = TokenHash;

/// `cok_<tenant>_<key>_<secret>`, the text of a key.
pub type KeyToken = OpaqueToken<ApiKey>;

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

impl Marked for ApiKey {
    const MARK: &'static str = "cok_";
}

impl ApiKey {
    /// What the text of the key begins with, up to its secret: enough to tell whose a key found somewhere is.
    pub fn prefix(&self) -> String {
        KeyToken::prefix(self.tenant_id, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::SecretBytes;
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
        assert_eq!((read.tenant_id, read.id), (token().tenant_id, token().id));
        assert!(token().hash().is_of(&read));
        let other = KeyToken::new(token().tenant_id, token().id, SecretBytes::new([8; 32]));
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
        assert_eq!(shown, "OpaqueToken(cok_00000000-0000-0000-0000-000000000008, ..) TokenHash(..)");
    }
}
