use time::OffsetDateTime;

use crate::mail::Locale;
use crate::shared::{Id, Name, PlanName, Reason, Slug};
use crate::tenancy::{Base, BaseEntity, Deletion};

/// The id of a tenant.
pub type TenantId = Id<Tenant>;

/// Where a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStatus {
    /// In use.
    Active,
    /// Suspended by an operator.
    Suspended,
    /// Deleted, and waiting for its purge.
    Closing,
}

impl TenantStatus {
    /// The stored form: `active`, `suspended`, `closing`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Closing => "closing",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Closing].into_iter().find(|s| s.as_str() == stored)
    }

    /// Whether a tenant in this status whose time runs out at `expires_at` is in use at `now`. An expiry needs nobody to
    /// act on it: it suspends the tenant by passing.
    pub fn is_in_use(self, expires_at: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
        self == Self::Active && expires_at.is_none_or(|end| now < end)
    }

    /// The status as its members meet it at `now`: a tenant whose time has run out is suspended.
    #[must_use]
    pub fn effective(self, expires_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Self {
        match self {
            Self::Active if !self.is_in_use(expires_at, now) => Self::Suspended,
            status => status,
        }
    }
}

/// How much a tenant starts with of everything that only rises: its epoch and its access version.
const FIRST: i64 = 1;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Id, instants and version.
    pub base: Base<Tenant>,
    /// Its name in addresses and at sign-in; taken until the tenant is purged.
    pub slug: Slug,
    /// What people call it.
    pub name: Name,
    /// In which language its people are written to; `None` is the platform's.
    pub locale: Option<Locale>,
    /// The plan that was chosen for it; `None` is the one that the settings name.
    pub plan: Option<PlanName>,
    /// Where it stands.
    pub status: TenantStatus,
    /// Why it was suspended.
    pub suspended_reason: Option<Reason>,
    /// When its time runs out.
    pub expires_at: Option<OffsetDateTime>,
    /// Rises when all tokens of the tenant shall end; never falls.
    pub epoch: i64,
    /// Rises with every change of what people may do (role, grant, membership, status, a store's deletion) and of this
    /// record. What is remembered or kept is kept at a version, and true at no other.
    pub access_version: i64,
    /// Set while it is deleted.
    pub deletion: Option<Deletion>,
    /// From when on a deleted tenant may be purged.
    pub purge_at: Option<OffsetDateTime>,
}

impl Tenant {
    /// A new tenant, in use.
    pub fn new(id: TenantId, slug: Slug, name: Name, expires_at: Option<OffsetDateTime>, now: OffsetDateTime) -> Self {
        Self {
            base: Base::new(id, now),
            slug,
            name,
            locale: None,
            plan: None,
            status: TenantStatus::Active,
            suspended_reason: None,
            expires_at,
            epoch: FIRST,
            access_version: FIRST,
            deletion: None,
            purge_at: None,
        }
    }
}

impl BaseEntity for Tenant {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_tenant_is_suspended_from_the_instant_its_time_runs_out() {
        let end = datetime!(2026-01-02 00:00 UTC);
        let before = datetime!(2026-01-01 23:59:59.999999 UTC);
        assert_eq!(TenantStatus::Active.effective(Some(end), before), TenantStatus::Active);
        assert_eq!(TenantStatus::Active.effective(Some(end), end), TenantStatus::Suspended);
        assert_eq!(TenantStatus::Active.effective(None, end), TenantStatus::Active);
        assert_eq!(TenantStatus::Closing.effective(Some(end), end), TenantStatus::Closing);
    }
}
