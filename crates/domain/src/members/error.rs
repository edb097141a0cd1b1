use crate::roles::NotGiven;
use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a member did not happen.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such member, role or store within reach.
    #[error("there is no such member, role or store")]
    NotFound,
    /// The member or the role holds something that the one who acts does not.
    #[error("this concerns permissions that you do not hold")]
    BeyondOwnRights,
    /// A tenant always has an active owner.
    #[error("the tenant's last owner stays")]
    LastOwner,
    /// The membership is not the version that the caller saw.
    #[error("the member was changed meanwhile")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for MemberError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error => Self::Repository(error),
        }
    }
}

impl From<NotGiven> for MemberError {
    fn from(error: NotGiven) -> Self {
        match error {
            NotGiven::Denied(denied) => Self::Denied(denied),
            NotGiven::NotFound => Self::NotFound,
            NotGiven::BeyondOwnRights => Self::BeyondOwnRights,
            NotGiven::Repository(source) => source.into(),
        }
    }
}

impl Fault for MemberError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::BeyondOwnRights => FaultKind::Forbidden,
            Self::LastOwner => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::LastOwner => "last_owner",
            Self::Stale => "stale",
            Self::Repository(source) => source.code(),
        }
    }
}
