use time::Duration;

use super::TenantChoice;
use super::password::InvalidPassword;
use super::ports::{HashError, TokenError};
use super::throttle::Throttled;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};

/// Why a sign-in did not happen.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Unknown address, wrong password, or no place where the person may sign in: never told apart.
    #[error("the e-mail address, the password or the tenant is wrong")]
    Invalid,
    /// The person belongs to several tenants and named none.
    #[error("name one of the tenants")]
    TenantNeeded {
        /// The tenants to choose from.
        tenants: Vec<TenantChoice>,
    },
    /// Too many attempts came before.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The password could not be checked.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The token could not be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for LoginError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Invalid => FaultKind::Unauthenticated,
            Self::TenantNeeded { .. } => FaultKind::Conflict,
            Self::Throttled(source) => source.kind(),
            Self::Hash(source) => source.kind(),
            Self::Token(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "invalid_credentials",
            Self::TenantNeeded { .. } => "tenant_needed",
            Self::Throttled(source) => source.code(),
            Self::Hash(source) => source.code(),
            Self::Token(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled(source) => source.wait(),
            _ => None,
        }
    }
}

/// Why a session was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// Not a refresh token of ours, or one that is good no more: used before, run out, its session ended. Never told apart.
    #[error("the refresh token is not good")]
    Refused,
    /// The token could not be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for RefreshError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Refused => FaultKind::Unauthenticated,
            Self::Token(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Refused => "refresh_refused",
            Self::Token(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }
}

/// Why something with one's own session did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No such tenant or session among the person's own.
    #[error("there is no such tenant or session")]
    NotFound,
    /// The person or the membership is gone since the request began, or another request has ended the session.
    #[error("the session has ended")]
    Ended,
    /// The token could not be signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for SessionError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::Ended => FaultKind::Unauthenticated,
            Self::Token(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Ended => "token_revoked",
            Self::Token(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The present password was not the one that was typed.
    #[error("this is not your present password")]
    Wrong,
    /// The new password breaks the rules.
    #[error(transparent)]
    Invalid(#[from] InvalidPassword),
    /// The person is gone since the request began, or the password was changed meanwhile.
    #[error("the session has ended")]
    Ended,
    /// Too many attempts came before.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// A password could not be checked or hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for PasswordError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Wrong => FaultKind::Forbidden,
            Self::Invalid(source) => source.kind(),
            Self::Ended => FaultKind::Unauthenticated,
            Self::Throttled(source) => source.kind(),
            Self::Hash(source) => source.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Wrong => "wrong_password",
            Self::Invalid(source) => source.code(),
            Self::Ended => "token_revoked",
            Self::Throttled(source) => source.code(),
            Self::Hash(source) => source.code(),
            Self::Repository(source) => source.code(),
        }
    }

    fn wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled(source) => source.wait(),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::Invalid(source) => vec![FieldFault { pointer: "/new_password".into(), detail: source.to_string() }],
            _ => Vec::new(),
        }
    }
}
