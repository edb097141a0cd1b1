use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a support grant did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SupportError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such tenant or grant within reach.
    #[error("there is no such tenant or grant")]
    NotFound,
    /// The operator's rank was taken, or their sessions ended, while the request was under way.
    #[error("the operator's session has ended")]
    SessionEnded,
    /// The operator has as many live grants in the tenant as they can have.
    #[error("there are too many live grants")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for SupportError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::SessionEnded => FaultKind::Unauthenticated,
            Self::TooMany => FaultKind::Conflict,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::SessionEnded => "token_revoked",
            Self::TooMany => "too_many_support_grants",
            Self::Repository(source) => source.code(),
        }
    }
}
