use serde_json::Value;
use time::Duration;

use super::invite::MOST_ROLES;
use super::ports::INVITATION_ID_UNIQUE;
use crate::identity::{HashError, InvalidPassword, LoginError, Throttled, USER_EMAIL_UNIQUE};
use crate::plans::QuotaExceeded;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with an invitation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such invitation in the tenant.
    #[error("there is no such invitation")]
    NotFound,
    /// More roles than one invitation may give.
    #[error("an invitation gives at most {MOST_ROLES} roles")]
    TooManyRoles,
    /// Roles that the tenant does not have, at these pointers.
    #[error("there is no such role")]
    UnknownRole(Vec<String>),
    /// Stores that the tenant does not have, or in which the inviting member holds nothing, at these pointers.
    #[error("there is no such store")]
    UnknownStore(Vec<String>),
    /// The roles give what the inviting member does not hold.
    #[error("an invitation gives only what one holds oneself")]
    BeyondOwnRights,
    /// It was accepted or withdrawn.
    #[error("the invitation is no longer open")]
    NotPending,
    /// Another invitation of the tenant has the id that the client brought.
    #[error("another invitation has this id")]
    IdTaken,
    /// The invitation is not the version that the caller saw.
    #[error("the invitation was changed meanwhile")]
    Stale,
    /// The tenant has as many members as its plan allows.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The tenant has invited this address too often lately.
    #[error("too many invitations to this address; try again later")]
    TooMany(#[source] Throttled),
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for InvitationError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(INVITATION_ID_UNIQUE) => Self::IdTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for InvitationError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::TooManyRoles | Self::UnknownRole(_) | Self::UnknownStore(_) => FaultKind::Invalid,
            Self::BeyondOwnRights => FaultKind::Forbidden,
            Self::NotPending | Self::IdTaken => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Quota(quota) => quota.kind(),
            Self::TooMany(throttled) => throttled.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::TooManyRoles => "too_many_roles",
            Self::UnknownRole(_) => "unknown_role",
            Self::UnknownStore(_) => "unknown_store",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::NotPending => "not_pending",
            Self::IdTaken => "id_taken",
            Self::Stale => "stale",
            Self::Quota(quota) => quota.code(),
            Self::TooMany(_) => "too_many_invitations",
            Self::Repository(source) => source.code(),
        }
    }

    fn wait(&self) -> Option<Duration> {
        if let Self::TooMany(throttled) = self { throttled.wait() } else { None }
    }

    fn facts(&self) -> Vec<(&'static str, Value)> {
        if let Self::Quota(quota) = self { quota.facts() } else { Vec::new() }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let at = |pointer: &str| FieldFault { pointer: pointer.into(), detail: self.to_string() };
        match self {
            Self::UnknownRole(pointers) | Self::UnknownStore(pointers) => pointers.iter().map(|p| at(p)).collect(),
            Self::TooManyRoles => vec![at("/role_ids"), at("/store_roles")],
            Self::IdTaken => vec![at("/id")],
            _ => Vec::new(),
        }
    }
}

/// Why an invitation was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The token is not one, or its invitation was never sent, has expired, was consumed, withdrawn or lost its force, or
    /// is meant for another address, or the tenant is not in use. One answer for all: a token that was guessed or found
    /// tells nothing.
    #[error("there is no such invitation")]
    NotFound,
    /// The address belongs to somebody who has an account, and its password is not set here. Only a reader of that mailbox
    /// is told.
    #[error("this address has an account: sign in first")]
    SignInFirst,
    /// The person is a member already.
    #[error("you are a member of this tenant already")]
    AlreadyMember,
    /// The tenant paused the person's membership; an invitation does not end that.
    #[error("your membership in this tenant is suspended")]
    MembershipSuspended,
    /// The password breaks the rules.
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    /// The password is not that of the person who has the address.
    #[error(transparent)]
    SignIn(#[from] LoginError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The tenant has as many members as its plan allows.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for AcceptError {
    fn from(error: RepositoryError) -> Self {
        match error {
            // Somebody else consumed or withdrew it since it was read.
            RepositoryError::Stale => Self::NotFound,
            // The person came to be since the address was looked up.
            error if error.is_conflict(USER_EMAIL_UNIQUE) => Self::SignInFirst,
            error => Self::Repository(error),
        }
    }
}

impl Fault for AcceptError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::SignInFirst | Self::AlreadyMember | Self::MembershipSuspended => FaultKind::Conflict,
            Self::Password(source) => source.kind(),
            Self::SignIn(source) => source.kind(),
            Self::Hash(source) => source.kind(),
            Self::Quota(quota) => quota.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "invitation_not_found",
            Self::SignInFirst => "sign_in_first",
            Self::AlreadyMember => "already_member",
            Self::MembershipSuspended => "membership_suspended",
            Self::Password(source) => source.code(),
            Self::SignIn(source) => source.code(),
            Self::Hash(source) => source.code(),
            Self::Quota(quota) => quota.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn facts(&self) -> Vec<(&'static str, Value)> {
        if let Self::Quota(quota) = self { quota.facts() } else { Vec::new() }
    }

    fn wait(&self) -> Option<Duration> {
        match self {
            Self::SignIn(source) => source.wait(),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Password(source) => source.fields(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unknown_role_is_pointed_at() {
        let error = InvitationError::UnknownRole(vec!["/role_ids/1".into(), "/store_roles/0/role_id".into()]);
        let pointers: Vec<_> = error.fields().into_iter().map(|field| field.pointer).collect();
        assert_eq!(pointers, ["/role_ids/1", "/store_roles/0/role_id"]);
        assert_eq!((error.kind(), error.code()), (FaultKind::Invalid, "unknown_role"));
    }

    #[test]
    fn losing_the_race_for_an_invitation_looks_like_no_invitation() {
        let error = AcceptError::from(RepositoryError::Stale);
        assert_eq!((error.kind(), error.code()), (FaultKind::NotFound, "invitation_not_found"));
    }

    #[test]
    fn losing_the_race_for_an_address_asks_to_sign_in() {
        let error = AcceptError::from(RepositoryError::Conflict(USER_EMAIL_UNIQUE.into()));
        assert_eq!((error.kind(), error.code()), (FaultKind::Conflict, "sign_in_first"));
    }
}
