use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenants::TENANT_SLUG_UNIQUE;

/// Why something that an operator wanted with a tenant did not happen.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// No such tenant.
    #[error("there is no such tenant")]
    NotFound,
    /// Another tenant has the slug, or had it and is not yet purged.
    #[error("this slug is taken")]
    SlugTaken,
    /// The end of a tenant's time lies in the past.
    #[error("must lie in the future")]
    PastExpiry,
    /// No such plan is offered.
    #[error("there is no such plan")]
    UnknownPlan,
    /// A suspended tenant cannot be suspended.
    #[error("the tenant is suspended already")]
    AlreadySuspended,
    /// A tenant that is not suspended cannot be reactivated; one whose time has run out needs a later end.
    #[error("the tenant is not suspended")]
    NotSuspended,
    /// A tenant that is not deleted cannot be restored.
    #[error("the tenant is not deleted")]
    NotDeleted,
    /// The tenant is not the version that the caller saw, or was changed at the same moment.
    #[error("the tenant was changed meanwhile")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for PlatformError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(TENANT_SLUG_UNIQUE) => Self::SlugTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for PlatformError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::NotFound => FaultKind::NotFound,
            Self::PastExpiry | Self::UnknownPlan => FaultKind::Invalid,
            Self::SlugTaken | Self::AlreadySuspended | Self::NotSuspended | Self::NotDeleted => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::SlugTaken => "slug_taken",
            Self::PastExpiry => "past_expiry",
            Self::UnknownPlan => "unknown_plan",
            Self::AlreadySuspended => "already_suspended",
            Self::NotSuspended => "not_suspended",
            Self::NotDeleted => "not_deleted",
            Self::Stale => "stale",
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let at = |pointer: &str| vec![FieldFault { pointer: pointer.into(), detail: self.to_string() }];
        match self {
            Self::SlugTaken => at("/slug"),
            Self::PastExpiry => at("/expires_at"),
            Self::UnknownPlan => at("/plan"),
            _ => Vec::new(),
        }
    }
}
