use super::ports::TENANT_SLUG_UNIQUE;
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with the own tenant did not happen.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Another tenant has the slug, or had it and is not yet purged.
    #[error("this slug is taken")]
    SlugTaken,
    /// The tenant is not the version that the caller saw, or was changed at the same moment.
    #[error("the tenant was changed meanwhile")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for TenantError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(TENANT_SLUG_UNIQUE) => Self::SlugTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for TenantError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::SlugTaken => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::SlugTaken => "slug_taken",
            Self::Stale => "stale",
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        match self {
            Self::SlugTaken => vec![FieldFault { pointer: "/slug".into(), detail: self.to_string() }],
            _ => Vec::new(),
        }
    }
}
