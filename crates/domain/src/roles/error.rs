use super::ports::{ROLE_ID_UNIQUE, ROLE_NAME_UNIQUE};
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a role did not happen.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such role.
    #[error("there is no such role")]
    NotFound,
    /// The role would get a permission that the one who writes it does not hold in the whole tenant.
    #[error("a role cannot be given permissions that you do not hold in the whole tenant")]
    BeyondOwnRights,
    /// The three roles that every tenant has never change.
    #[error("the roles owner, admin and member are fixed")]
    SystemRole,
    /// Another role of the tenant has the name.
    #[error("another role has this name")]
    NameTaken,
    /// Another role of the tenant has the id that the client brought.
    #[error("another role has this id")]
    IdTaken,
    /// The role is not the version that the caller saw.
    #[error("the role was changed meanwhile")]
    Stale,
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for RoleError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(ROLE_NAME_UNIQUE) => Self::NameTaken,
            error if error.is_conflict(ROLE_ID_UNIQUE) => Self::IdTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for RoleError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::BeyondOwnRights => FaultKind::Forbidden,
            Self::SystemRole | Self::NameTaken | Self::IdTaken => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::BeyondOwnRights => "beyond_own_rights",
            Self::SystemRole => "system_role",
            Self::NameTaken => "name_taken",
            Self::IdTaken => "id_taken",
            Self::Stale => "stale",
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let at = |pointer: &str| vec![FieldFault { pointer: pointer.into(), detail: self.to_string() }];
        match self {
            Self::BeyondOwnRights => at("/permissions"),
            Self::NameTaken => at("/name"),
            Self::IdTaken => at("/id"),
            _ => Vec::new(),
        }
    }
}
