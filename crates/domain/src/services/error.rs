use serde_json::Value;

use super::ports::{SERVICE_ID_UNIQUE, SERVICE_NAME_UNIQUE};
use crate::plans::QuotaExceeded;
use crate::roles::NotGiven;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a service account or a key did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such service account, key, role or store within reach.
    #[error("there is no such service account, key, role or store")]
    NotFound,
    /// The account or the role holds something that the one who acts does not.
    #[error("this concerns permissions that you do not hold")]
    BeyondOwnRights,
    /// A tenant is owned by people.
    #[error("the owner role is for people")]
    OwnerRole,
    /// Another service account of the tenant has the name.
    #[error("another service account has this name")]
    NameTaken,
    /// Another service account of the tenant has the id that the client brought.
    #[error("another service account has this id")]
    IdTaken,
    /// The account has as many keys as it can have.
    #[error("a service account has at most {most} keys that are good", most = super::MOST_KEYS)]
    TooManyKeys,
    /// The key was rotated before.
    #[error("the key has a successor already")]
    Rotated,
    /// The key would be good for no moment.
    #[error("must lie in the future")]
    ExpiresInThePast,
    /// The account is not the version that the caller saw.
    #[error("the service account was changed meanwhile")]
    Stale,
    /// The tenant has as many service accounts as its plan allows.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for ServiceError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(SERVICE_NAME_UNIQUE) => Self::NameTaken,
            error if error.is_conflict(SERVICE_ID_UNIQUE) => Self::IdTaken,
            error => Self::Repository(error),
        }
    }
}

impl From<NotGiven> for ServiceError {
    fn from(error: NotGiven) -> Self {
        match error {
            NotGiven::Denied(denied) => Self::Denied(denied),
            NotGiven::NotFound => Self::NotFound,
            NotGiven::BeyondOwnRights => Self::BeyondOwnRights,
            NotGiven::Repository(source) => source.into(),
        }
    }
}

impl Fault for ServiceError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::BeyondOwnRights => FaultKind::Forbidden,
            Self::OwnerRole | Self::NameTaken | Self::IdTaken | Self::TooManyKeys | Self::Rotated => {
                FaultKind::Conflict
            }
            Self::ExpiresInThePast => FaultKind::Invalid,
            Self::Stale => FaultKind::Stale,
            Self::Quota(quota) => quota.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::OwnerRole => "owner_role",
            Self::NameTaken => "name_taken",
            Self::IdTaken => "id_taken",
            Self::TooManyKeys => "too_many_keys",
            Self::Rotated => "key_rotated",
            Self::ExpiresInThePast => "past_expiry",
            Self::Stale => "stale",
            Self::Quota(quota) => quota.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn facts(&self) -> Vec<(&'static str, Value)> {
        if let Self::Quota(quota) = self { quota.facts() } else { Vec::new() }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let at = |pointer: &str| vec![FieldFault { pointer: pointer.into(), detail: self.to_string() }];
        match self {
            Self::NameTaken => at("/name"),
            Self::IdTaken => at("/id"),
            Self::ExpiresInThePast => at("/expires_at"),
            _ => Vec::new(),
        }
    }
}
