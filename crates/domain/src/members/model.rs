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

impl Membership {
    /// Turns to another status. Whenever that is not [`MembershipStatus::Active`], the epoch rises and the member's tokens
    /// end for good: coming back does not revive them.
    pub(crate) fn turn(&mut self, status: MembershipStatus, now: OffsetDateTime) {
        if status != MembershipStatus::Active {
            self.epoch += 1;
        }
        self.status = status;
        self.updated_at = now;
        self.version += 1;
    }
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
    /// Whether it was shown that the address is theirs.
    pub email_verified: bool,
    /// The person's name.
    pub display_name: DisplayName,
    /// The roles, of live roles and at live stores only.
    pub grants: Vec<RoleGrant>,
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn tokens_end_with_suspension_and_removal_and_never_revive() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let mut membership = Membership {
            user_id: UserId::new(Uuid::nil()),
            status: MembershipStatus::Active,
            epoch: 7,
            created_at: start,
            updated_at: start,
            version: 1,
        };
        let mut epochs = Vec::new();
        for status in [MembershipStatus::Suspended, MembershipStatus::Active, MembershipStatus::Removed] {
            membership.turn(status, start + Duration::DAY);
            assert_eq!(membership.status, status);
            epochs.push(membership.epoch);
        }
        assert_eq!(epochs, [8, 8, 9]);
        assert_eq!((membership.version, membership.updated_at), (4, start + Duration::DAY));
    }
}
