use time::{Duration, OffsetDateTime};

use super::model::UserId;
use super::refresh_token::RefreshState;
use crate::members::MembershipStatus;
use crate::shared::Id;
use crate::tenancy::{Origin, Rights};
use crate::tenants::{Tenant, TenantId};

/// The id of a session.
pub type SessionId = Id<Session>;

/// A member's session in one tenant. Access tokens carry its id; ending it ends them at the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The `sid` of its tokens.
    pub id: SessionId,
    /// The tenant.
    pub tenant_id: TenantId,
    /// The member.
    pub user_id: UserId,
    /// The membership's epoch when it began.
    pub membership_epoch: i64,
    /// The tenant's epoch when it began.
    pub tenant_epoch: i64,
    /// From where it was used last.
    pub device: Device,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// When it began or was renewed last.
    pub last_used_at: OffsetDateTime,
    /// Until when it can be renewed. Each use puts this off.
    pub idle_expires_at: OffsetDateTime,
    /// Until when it lives, however much it is used.
    pub expires_at: OffsetDateTime,
    /// When it was ended, if it was.
    pub ended_at: Option<OffsetDateTime>,
    /// What renews it.
    pub refresh: RefreshState,
}

/// What a client said of itself, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// The client's own name of itself (`User-Agent`).
    pub agent: Option<String>,
    /// The peer's address.
    pub address: Option<String>,
}

impl From<&Origin> for Device {
    fn from(origin: &Origin) -> Self {
        Self { agent: origin.agent.clone(), address: origin.address.clone() }
    }
}

impl Session {
    /// Whether it is neither ended nor run out at `now`.
    pub fn lives(&self, now: OffsetDateTime) -> bool {
        self.ended_at.is_none() && now < self.expires_at && now < self.idle_expires_at
    }

    /// Whether the membership and the tenant for which it began are still the same: what ended the tokens of either, ended
    /// the session too.
    pub(super) fn stands(&self, rights: &Rights, tenant: &Tenant) -> bool {
        rights.status == MembershipStatus::Active
            && rights.epoch == self.membership_epoch
            && tenant.epoch == self.tenant_epoch
            && tenant.deletion.is_none()
    }

    /// Notes a use, and puts the idle end off by `idle`.
    pub(super) fn used(&mut self, origin: &Origin, now: OffsetDateTime, idle: Duration) {
        self.device = origin.into();
        self.last_used_at = now;
        self.idle_expires_at = self.expires_at.min(now + idle);
    }
}
