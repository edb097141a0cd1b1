//! Roles as somebody holds them. Members and service accounts hold them in the same way.

use time::OffsetDateTime;

use super::RoleId;
use crate::identity::UserId;
use crate::members::RoleGrant;
use crate::services::{ServiceAccountId, ServiceGrant};
use crate::stores::StoreId;
use crate::tenancy::Holder;

/// Who holds roles in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleHolder {
    /// A member.
    Member(UserId),
    /// A service account.
    Service(ServiceAccountId),
}

impl RoleHolder {
    /// The member, where it is one.
    pub fn member(self) -> Option<UserId> {
        match self {
            Self::Member(user) => Some(user),
            Self::Service(_) => None,
        }
    }
}

impl From<RoleHolder> for Holder {
    fn from(holder: RoleHolder) -> Self {
        match holder {
            RoleHolder::Member(user) => Self::Member(user),
            RoleHolder::Service(account) => Self::Service(account),
        }
    }
}

/// A role, where it is held, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldRole {
    /// Who.
    pub holder: RoleHolder,
    /// The role.
    pub role_id: RoleId,
    /// The store it is held at; `None` is tenant-wide.
    pub store_id: Option<StoreId>,
}

impl From<RoleGrant> for HeldRole {
    fn from(RoleGrant { user_id, role_id, store_id }: RoleGrant) -> Self {
        Self { holder: RoleHolder::Member(user_id), role_id, store_id }
    }
}

impl From<ServiceGrant> for HeldRole {
    fn from(ServiceGrant { account_id, role_id, store_id }: ServiceGrant) -> Self {
        Self { holder: RoleHolder::Service(account_id), role_id, store_id }
    }
}

/// A role that was given to somebody, with the act by which it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenRole {
    /// The role.
    pub role_id: RoleId,
    /// The store it is given at; `None` is tenant-wide.
    pub store_id: Option<StoreId>,
    /// Since when.
    pub at: OffsetDateTime,
    /// Which person gave it; `None` where it was nobody.
    pub by: Option<UserId>,
}
