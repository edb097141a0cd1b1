use serde_json::Value;

use super::ports::{STORE_CODE_UNIQUE, STORE_ID_UNIQUE};
use crate::plans::QuotaExceeded;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a store did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such store within reach.
    #[error("there is no such store")]
    NotFound,
    /// Another store of the tenant has the code.
    #[error("another store has this code")]
    CodeTaken,
    /// Another store of the tenant has the id that the client brought.
    #[error("another store has this id")]
    IdTaken,
    /// The store is not the version that the caller saw.
    #[error("the store was changed meanwhile")]
    Stale,
    /// A store that is not deleted cannot be restored.
    #[error("the store is not deleted")]
    NotDeleted,
    /// The tenant has as many stores as its plan allows.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for StoreError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(STORE_CODE_UNIQUE) => Self::CodeTaken,
            error if error.is_conflict(STORE_ID_UNIQUE) => Self::IdTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for StoreError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::CodeTaken | Self::IdTaken | Self::NotDeleted => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Quota(quota) => quota.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::CodeTaken => "code_taken",
            Self::IdTaken => "id_taken",
            Self::NotDeleted => "not_deleted",
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
            Self::CodeTaken => at("/code"),
            Self::IdTaken => at("/id"),
            _ => Vec::new(),
        }
    }
}
