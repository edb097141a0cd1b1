use time::OffsetDateTime;

use super::session::SessionId;
use crate::members::MembershipStatus;
use crate::shared::{DisplayName, EmailAddress, Id, Name, Slug};
use crate::tenancy::{Base, BaseEntity};
use crate::tenants::{TenantId, TenantStatus};

/// The id of a person.
pub type UserId = Id<Person>;

/// A person. People belong to no tenant: one person can be a member of many, and no tenant can edit them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Id, instants and version.
    pub base: Base<Person>,
    /// Unique, whatever the case.
    pub email: EmailAddress,
    /// When it was shown that the address is theirs; `None` where that is still to be shown.
    pub email_verified_at: Option<OffsetDateTime>,
    /// What the person calls themselves.
    pub display_name: DisplayName,
    /// Rises with each new password and address, and never falls; the person's tokens as an operator end with it. Their
    /// sessions in tenants end one by one.
    pub epoch: i64,
}

impl BaseEntity for Person {
    fn base(&self) -> &Base<Self> {
        &self.base
    }
}

/// Proof that a person showed a valid credential in this very request. Made only by this crate.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedPerson(UserId);

impl VerifiedPerson {
    pub(crate) fn new(user_id: UserId) -> Self {
        Self(user_id)
    }

    /// The person.
    pub fn user_id(self) -> UserId {
        self.0
    }
}

/// A membership as its own person sees it at sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMembership {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The tenant's slug.
    pub slug: Slug,
    /// The tenant's name.
    pub name: Name,
    /// The tenant's status.
    pub tenant_status: TenantStatus,
    /// When the tenant's time runs out.
    pub tenant_expires_at: Option<OffsetDateTime>,
    /// The tenant's epoch.
    pub tenant_epoch: i64,
    /// The membership's status.
    pub status: MembershipStatus,
    /// The membership's epoch.
    pub epoch: i64,
}

/// An operator's session about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperatorSession {
    /// The `sid` of its tokens.
    pub id: SessionId,
    /// The operator.
    pub user_id: UserId,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// Until when it lives.
    pub expires_at: OffsetDateTime,
}

/// What a member's access token says. No permissions: those are read at each request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantClaims {
    /// `user_id`: the person.
    pub user_id: UserId,
    /// `tenant_id`: the tenant, and the only source of it.
    pub tenant_id: TenantId,
    /// `sid`: the session.
    pub session_id: SessionId,
    /// `jti`: the token itself.
    pub token_id: uuid::Uuid,
    /// `mep`: the membership's epoch.
    pub membership_epoch: i64,
    /// `tep`: the tenant's epoch.
    pub tenant_epoch: i64,
    /// `iat`, in whole seconds.
    pub issued_at: OffsetDateTime,
    /// `exp`, in whole seconds.
    pub expires_at: OffsetDateTime,
}

/// What an operator's access token says. It names no tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClaims {
    /// `user_id`: the person.
    pub user_id: UserId,
    /// `sid`: the session.
    pub session_id: SessionId,
    /// `jti`: the token itself.
    pub token_id: uuid::Uuid,
    /// `uep`: the person's epoch.
    pub person_epoch: i64,
    /// `iat`, in whole seconds.
    pub issued_at: OffsetDateTime,
    /// `exp`, in whole seconds.
    pub expires_at: OffsetDateTime,
}

/// A token whose signature, times, issuer, audience and type were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifiedToken {
    /// For a tenant's routes.
    Tenant(TenantClaims),
    /// For the platform's routes.
    Operator(OperatorClaims),
}
