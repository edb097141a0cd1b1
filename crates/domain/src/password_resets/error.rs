use crate::identity::{HashError, InvalidPassword, PasswordError};
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};

/// Why a reset was not asked for: nothing that has to do with whose address it is.
#[derive(Debug, thiserror::Error)]
pub enum RequestResetError {
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for RequestResetError {
    fn kind(&self) -> FaultKind {
        let Self::Repository(source) = self;
        source.kind()
    }

    fn code(&self) -> &'static str {
        let Self::Repository(source) = self;
        source.code()
    }
}

/// Why a password was not set anew.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmResetError {
    /// Not a token of ours, or one that is good no more: used, voided by a later one, run out. Never told apart.
    #[error("there is no such reset")]
    NotFound,
    /// The password breaks the rules; the token stays good.
    #[error(transparent)]
    Password(InvalidPassword),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(HashError),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl From<PasswordError> for ConfirmResetError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Invalid(source) => Self::Password(source),
            PasswordError::Hash(source) => Self::Hash(source),
            PasswordError::Repository(source) => Self::Repository(source),
            PasswordError::Wrong | PasswordError::Ended | PasswordError::Throttled(_) => Self::NotFound,
        }
    }
}

impl Fault for ConfirmResetError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::Password(source) => source.kind(),
            Self::Hash(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "reset_not_found",
            Self::Password(source) => source.code(),
            Self::Hash(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Password(source) => vec![FieldFault { pointer: "/new_password".into(), detail: source.to_string() }],
            _ => Vec::new(),
        }
    }
}
