use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why the audit log was not shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for AuditError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::Repository(source) => source.code(),
        }
    }
}
