use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why the audit log was not shown, or not added to.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No event is at the place after which an export shall begin.
    #[error("there is no such event")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for AuditError {
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
