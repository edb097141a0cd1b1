use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::vantage::Vantage;
use crate::tenancy::StoreSet;
use crate::tenants::TenantId;

/// A kind of value that may be kept: one that changes only where the tenant's access version rises.
///
/// Which tables those are is said once, where they are declared (`decides`), and a transaction that writes one of them
/// without raising the version does not commit. A kind that reads from any other table must not exist.
pub trait Entry: 'static {
    /// What tells this kind from every other.
    const NAME: &'static str;
    /// Rises with each change of [`Entry::Form`], so that servers of two releases do not read each other's.
    const FORMAT: u16;
    /// What tells the values of one kind in one tenant from each other.
    type Of: Serialize + Sync + ?Sized;
    /// The value.
    type Value: Send;
    /// The form in which it is kept.
    type Form: Serialize + DeserializeOwned;

    /// Turns a value into its form.
    fn form(value: &Self::Value) -> Self::Form;
    /// Turns a form back into its value; `None` where it cannot be one.
    fn value(form: Self::Form) -> Option<Self::Value>;
}

/// Where one value is kept: the tenant, the version at which it is true, the kind, and a digest of the rest, the reach of
/// whoever asks included.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    tenant_id: TenantId,
    version: i64,
    kind: &'static str,
    format: u16,
    digest: [u8; 32],
}

impl Key {
    /// The place of the value `of` kind `E`, seen from here.
    pub fn of<E: Entry>(vantage: &Vantage, of: &E::Of) -> Option<Self> {
        let stores = match vantage.stores() {
            StoreSet::All => None,
            StoreSet::Only(stores) => Some(stores),
        };
        let rest = serde_json::to_vec(&(stores, of)).ok()?;
        Some(Self {
            tenant_id: vantage.tenant_id(),
            version: vantage.version(),
            kind: E::NAME,
            format: E::FORMAT,
            digest: Sha256::digest(rest).into(),
        })
    }

    /// The tenant whose value it is.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    /// The kind of value.
    pub fn kind(&self) -> &'static str {
        self.kind
    }
}

/// The whole key in words: no two keys are written alike.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}.{}:", self.tenant_id, self.version, self.kind, self.format)?;
        self.digest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::stores::StoreId;

    struct Names;
    struct Sizes;

    macro_rules! numbers {
        ($($kind:ident $name:literal $format:literal;)*) => {$(
            impl Entry for $kind {
                const NAME: &'static str = $name;
                const FORMAT: u16 = $format;
                type Of = (u8, Option<u8>);
                type Value = u8;
                type Form = u8;
                fn form(value: &u8) -> u8 {
                    *value
                }
                fn value(form: u8) -> Option<u8> {
                    Some(form)
                }
            }
        )*};
    }
    numbers! {
        Names "names" 1;
        Sizes "sizes" 1;
    }

    fn from(tenant: u128, stores: StoreSet, version: i64) -> Vantage {
        Vantage::new(TenantId::new(Uuid::from_u128(tenant)), stores, version)
    }

    #[test]
    fn whatever_differs_makes_another_key() {
        let only = |ids: &[u128]| {
            StoreSet::Only(ids.iter().map(|id| StoreId::new(Uuid::from_u128(*id))).collect::<BTreeSet<_>>())
        };
        let of = &(1, None);
        let keys = [
            Key::of::<Names>(&from(1, StoreSet::All, 1), of),
            Key::of::<Names>(&from(2, StoreSet::All, 1), of),
            Key::of::<Names>(&from(1, StoreSet::All, 2), of),
            Key::of::<Names>(&from(1, only(&[]), 1), of),
            Key::of::<Names>(&from(1, only(&[1]), 1), of),
            Key::of::<Names>(&from(1, only(&[1, 2]), 1), of),
            Key::of::<Names>(&from(1, StoreSet::All, 1), &(2, None)),
            Key::of::<Names>(&from(1, StoreSet::All, 1), &(1, Some(1))),
            Key::of::<Sizes>(&from(1, StoreSet::All, 1), of),
        ]
        .map(|key| key.unwrap().to_string());
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
        let again = Key::of::<Names>(&from(1, StoreSet::All, 1), of).unwrap();
        assert_eq!(again.to_string(), keys[0]);
        assert!(keys[0].starts_with("00000000-0000-0000-0000-000000000001:1:names.1:"), "{}", keys[0]);
    }
}
