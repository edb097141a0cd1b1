use super::ports::BOOTSTRAP_UNIQUE;
use crate::identity::{HashError, InvalidPassword};
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};

/// Why the beginning did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// It has happened, or no secret is set: there is nothing here.
    #[error("there is no bootstrap")]
    Closed,
    /// The secret is not the one that is set.
    #[error("the secret is wrong")]
    Refused,
    /// The owner's password cannot be set.
    #[error("the password {0}")]
    Password(#[from] InvalidPassword),
    /// The owner's password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for BootstrapError {
    fn from(error: RepositoryError) -> Self {
        if error.is_conflict(BOOTSTRAP_UNIQUE) { Self::Closed } else { Self::Repository(error) }
    }
}

impl Fault for BootstrapError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Closed => FaultKind::NotFound,
            Self::Refused => FaultKind::Forbidden,
            Self::Password(source) => source.kind(),
            Self::Hash(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Closed => "not_found",
            Self::Refused => "bootstrap_refused",
            Self::Password(source) => source.code(),
            Self::Hash(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Password(source) => source.fields(),
            _ => Vec::new(),
        }
    }
}
