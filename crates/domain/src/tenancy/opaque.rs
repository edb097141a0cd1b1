use std::fmt;

use secrecy::SecretString;
use subtle::ConstantTimeEq;

use crate::shared::{Id, SecretBytes};
use crate::tenants::TenantId;

/// What is known to whoever holds its token.
pub trait Marked {
    /// How the text of its tokens begins: with letters that nothing else begins with, for scanners that look for secrets in
    /// what people publish.
    const MARK: &'static str;
}

/// `<mark>_<tenant>_<id>_<secret>`, the text by which its holder is let in to one tenant.
///
/// Tenant and id are part of it, so that it is looked up inside its tenant and no look-up spans tenants. Its secret of 256
/// random bits proves both: there is nothing to guess, and a plain hash is enough to store.
pub struct OpaqueToken<T> {
    /// The tenant.
    pub tenant_id: TenantId,
    /// What it stands for.
    pub id: Id<T>,
    secret: SecretBytes,
}

/// What is stored of a token's secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl<T: Marked> OpaqueToken<T> {
    /// A new one.
    pub(crate) fn new(tenant_id: TenantId, id: Id<T>, secret: SecretBytes) -> Self {
        Self { tenant_id, id, secret }
    }

    /// What the text begins with, up to its secret: enough to tell what a token found somewhere stands for.
    pub fn prefix(tenant: TenantId, id: Id<T>) -> String {
        format!("{}{}_{}_", T::MARK, tenant.as_uuid().simple(), id.as_uuid().simple())
    }

    /// The text that is handed to its holder, once.
    pub fn reveal(&self) -> SecretString {
        format!("{}{}", Self::prefix(self.tenant_id, self.id), self.secret.to_hex()).into()
    }

    /// Reads what [`OpaqueToken::reveal`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(T::MARK)?.split('_');
        let mut uuid = || parts.next().filter(|id| id.len() == 32);
        let (tenant, id) = (uuid()?, uuid()?);
        let secret = SecretBytes::from_hex(parts.next()?)?;
        let whole = parts.next().is_none();
        whole.then_some(Self { tenant_id: tenant.parse().ok()?, id: id.parse().ok()?, secret })
    }

    /// Whether a text says of itself that it is one: it is taken for nothing else then.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(T::MARK)
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(self.secret.hash())
    }
}

impl TokenHash {
    /// A stored hash.
    pub fn new(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether it is the hash of this token's secret, in constant time.
    pub fn is_of<T: Marked>(&self, token: &OpaqueToken<T>) -> bool {
        self.0.ct_eq(&token.hash().0).into()
    }
}

impl<T: Marked> fmt::Debug for OpaqueToken<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpaqueToken({}{}, ..)", T::MARK, self.id)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}
