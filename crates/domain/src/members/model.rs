use time::OffsetDateTime;

use crate::identity::UserId;
use crate::roles::RoleId;
use crate::shared::{DisplayName, EmailAddress};
use crate::stores::StoreId;
use crate::tenancy::Version;

/// Whether a membership is in force. Memberships end by status and are never deleted, so that the epoch of a member who
/// comes back goes on rising and no old token revives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MembershipStatus {
    /// In force.
    Active,
    /// Paused by the tenant; the roles stay.
    Suspended,
    /// Ended; the roles are gone.
    Removed,
}

impl MembershipStatus {
    /// The stored form: `active`, `suspended`, `removed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Active, Self::Suspended, Self::Removed].into_iter().find(|s| s.as_str() == stored)
    }
}

/// A person's membership in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The person.
    pub user_id: UserId,
    /// Whether it is in force.
    pub status: MembershipStatus,
    /// Rises when the member's tokens for this tenant shall end; never falls, re-invitation included.
    pub epoch: i64,
    /// When the person first joined.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
    /// How often it has changed, from 1.
    pub version: Version,
}

/// A role given to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoleGrant {
    /// The member.
    pub user_id: UserId,
    /// The role.
    pub role_id: RoleId,
    /// The store it is given at; `None` is tenant-wide.
    pub store_id: Option<StoreId>,
}

/// A member as the tenant sees one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: Membership,
    /// The person's address.
    pub email: EmailAddress,
    /// The person's name.
    pub display_name: DisplayName,
    /// The roles, of live roles and at live stores only.
    pub grants: Vec<RoleGrant>,
}
