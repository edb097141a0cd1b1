use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::identity::UserId;
use crate::roles::RoleId;
use crate::shared::{EmailAddress, Id, SecretBytes};
use crate::stores::StoreId;
use crate::tenancy::{Base, BaseEntity, Deletion, TenantBase, TenantScoped};
use crate::tenants::TenantId;

/// The id of an invitation.
pub type InvitationId = Id<Invitation>;

/// Where an invitation stands. An open one whose time has run out cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// Can be accepted until it expires.
    Pending,
    /// Was accepted.
    Accepted,
    /// Was withdrawn.
    Withdrawn,
}

impl InvitationStatus {
    /// The stored form: `pending`, `accepted`, `withdrawn`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Pending, Self::Accepted, Self::Withdrawn].into_iter().find(|s| s.as_str() == stored)
    }
}

/// A role that an invitation gives at a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRole {
    /// The store.
    pub store_id: StoreId,
    /// The role.
    pub role_id: RoleId,
}

/// An offer of membership to whoever reads a mailbox. It creates no membership and tells nothing of whether the person is
/// known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// What it has as an entity of the tenant.
    pub base: TenantBase<Invitation>,
    /// The address it is bound to.
    pub email: EmailAddress,
    /// Where it stands.
    pub status: InvitationStatus,
    /// Until when it can be accepted.
    pub expires_at: OffsetDateTime,
    /// Who invited; `None` for an invitation by the platform.
    pub invited_by: Option<UserId>,
    /// Roles given in the whole tenant on acceptance.
    pub role_ids: Vec<RoleId>,
    /// Roles given at single stores on acceptance.
    pub store_roles: Vec<StoreRole>,
    /// SHA-256 of the secret that was last sent; `None` until the message goes out.
    pub token_hash: Option<[u8; 32]>,
}

impl Invitation {
    /// Whether it can be accepted at `now`.
    pub fn is_open(&self, now: OffsetDateTime) -> bool {
        self.status == InvitationStatus::Pending && now < self.expires_at
    }

    /// Ends it. The hash goes too: the secret that was sent is nobody's key any more.
    pub(super) fn close(&mut self, status: InvitationStatus, now: OffsetDateTime) {
        self.status = status;
        self.token_hash = None;
        self.base.touch(now);
    }
}

impl BaseEntity for Invitation {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

impl TenantScoped for Invitation {
    fn tenant_id(&self) -> TenantId {
        self.base.tenant_id
    }

    fn deletion(&self) -> Option<&Deletion> {
        self.base.deletion.as_ref()
    }
}

/// What the message to an invited person carries: `inv_<tenant>_<secret>`. The tenant is part of it, so that the secret is
/// looked up inside that tenant and no look-up spans tenants.
#[derive(Debug)]
pub struct InvitationToken {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The secret.
    pub secret: SecretBytes,
}

impl InvitationToken {
    /// The text that goes into the message.
    pub fn reveal(&self) -> String {
        format!("inv_{}_{}", self.tenant_id.as_uuid().simple(), self.secret.to_hex())
    }

    /// Reads what [`InvitationToken::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (tenant, secret) = text.strip_prefix("inv_")?.split_once('_')?;
        if tenant.len() != 32 {
            return None;
        }
        Some(Self { tenant_id: tenant.parse().ok()?, secret: SecretBytes::from_hex(secret)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use uuid::Uuid;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn invitation() -> Invitation {
        Invitation {
            base: TenantBase::new(Id::new(Uuid::from_u128(1)), Id::new(Uuid::from_u128(2)), NOW),
            email: "asha@duka.example".parse().unwrap(),
            status: InvitationStatus::Pending,
            expires_at: NOW + Duration::DAY,
            invited_by: None,
            role_ids: Vec::new(),
            store_roles: Vec::new(),
            token_hash: Some([1; 32]),
        }
    }

    #[test]
    fn an_invitation_is_open_until_the_instant_it_expires() {
        assert!(invitation().is_open(NOW));
        assert!(invitation().is_open(NOW + Duration::DAY - Duration::MICROSECOND));
        assert!(!invitation().is_open(NOW + Duration::DAY));
    }

    #[test]
    fn a_closed_invitation_is_not_open_and_knows_no_secret() {
        for status in [InvitationStatus::Accepted, InvitationStatus::Withdrawn] {
            let mut closed = invitation();
            closed.close(status, NOW);
            assert!(!closed.is_open(NOW));
            assert_eq!((closed.token_hash, closed.base.version), (None, 2));
        }
    }

    #[test]
    fn a_token_is_read_back_as_it_was_written() {
        let token = InvitationToken { tenant_id: Id::new(Uuid::from_u128(7)), secret: SecretBytes::new([9; 32]) };
        let read = InvitationToken::parse(&token.reveal()).unwrap();
        assert_eq!(read.tenant_id, token.tenant_id);
        assert!(read.secret.matches(&token.secret.hash()));
    }

    #[test]
    fn anything_else_is_no_token() {
        let (tenant, secret) = ("0".repeat(32), "0".repeat(64));
        let hyphenated = Uuid::nil().to_string();
        for wrong in [
            String::new(),
            format!("key_{tenant}_{secret}"),
            format!("inv_{hyphenated}_{secret}"),
            format!("inv_{tenant}"),
            format!("inv_{tenant}_{}", &secret[1..]),
            format!("inv_{}g_{secret}", &tenant[1..]),
            format!(" inv_{tenant}_{secret}"),
        ] {
            assert!(InvitationToken::parse(&wrong).is_none(), "{wrong:?}");
        }
    }
}
