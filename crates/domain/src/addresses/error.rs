use crate::identity::PasswordError;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};

/// Why nothing was asked for: nothing that has to do with whose the next address is.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The present password was not shown.
    #[error(transparent)]
    Password(PasswordError),
    /// The session has ended.
    #[error("the session has ended")]
    Ended,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl From<PasswordError> for AddressError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Ended => Self::Ended,
            PasswordError::Repository(source) => Self::Repository(source),
            other => Self::Password(other),
        }
    }
}

impl Fault for AddressError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Password(source) => source.kind(),
            Self::Ended => FaultKind::Unauthenticated,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Password(source) => source.code(),
            Self::Ended => "token_revoked",
            Self::Repository(source) => source.code(),
        }
    }

    fn wait(&self) -> Option<time::Duration> {
        match self {
            Self::Password(source) => source.wait(),
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

/// Why nothing was confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmAddressError {
    /// Not a token of ours, or one that is good no more: used, voided by a later one, run out. The next address was taken
    /// meanwhile, or the present one has changed. Never told apart.
    #[error("there is no such change of an address")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for ConfirmAddressError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "address_change_not_found",
            Self::Repository(source) => source.code(),
        }
    }
}
