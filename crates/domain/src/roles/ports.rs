use async_trait::async_trait;

use super::model::{Role, RoleId, SystemRole};
use crate::shared::{Name, Page, PageRequest, RepositoryError};
use crate::tenancy::{Deletion, Version};

/// The rule that role names are unique.
pub const ROLE_NAME_UNIQUE: &str = "roles_name_key_unique";
/// The rule that role ids are unique in their tenant.
pub const ROLE_ID_UNIQUE: &str = "roles_id_unique";

/// What a list of roles is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RoleSort {
    /// The id, which is the order of creation where the ids are ours.
    #[default]
    Id,
    /// The folded name.
    Name,
}

/// Which roles a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleFilter {
    /// Only those whose name contains this folded text.
    pub text: Option<String>,
}

/// Reads roles within a scope.
#[async_trait]
pub trait RoleReader: Send + Sync {
    /// The live role with this id.
    async fn find(&self, id: RoleId) -> Result<Option<Role>, RepositoryError>;
    /// The live roles among these ids, in one statement.
    async fn find_all(&self, ids: &[RoleId]) -> Result<Vec<Role>, RepositoryError>;
    /// The live role that has this name, whatever the case.
    async fn find_named(&self, name: &Name) -> Result<Option<Role>, RepositoryError>;
    /// One of the three roles that every tenant has.
    async fn system(&self, role: SystemRole) -> Result<Option<Role>, RepositoryError>;
    /// One page of roles.
    async fn list(&self, filter: &RoleFilter, page: &PageRequest<RoleSort>) -> Result<Page<Role>, RepositoryError>;
}

/// Reads and writes roles within a scope.
#[async_trait]
pub trait RoleRepository: RoleReader {
    /// Adds a role.
    async fn insert(&self, role: &Role) -> Result<(), RepositoryError>;
    /// Writes the changed role if its stored version is still `expected`; [`RepositoryError::Stale`] otherwise.
    async fn update(&self, role: &Role, expected: Version) -> Result<(), RepositoryError>;
    /// Deletes the live role if its stored version is still `expected`. Its grants stay and give nothing.
    async fn delete(&self, id: RoleId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError>;
}
