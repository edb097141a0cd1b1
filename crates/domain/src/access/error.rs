use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why nothing was explained.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such member, service account or store within reach.
    #[error("there is no such member, service account or store")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for AccessError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::Repository(source) => source.code(),
        }
    }
}
