use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Store, StoreId};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::{Deletion, Version};

/// The rule that store codes are unique.
pub const STORE_CODE_UNIQUE: &str = "stores_code_key_unique";
/// The rule that store ids are unique in their tenant.
pub const STORE_ID_UNIQUE: &str = "stores_id_unique";

/// Which stores a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreFilter {
    /// Only open or only closed ones.
    pub is_active: Option<bool>,
    /// Only those whose name or code contains this folded text.
    pub text: Option<String>,
    /// Deleted ones too.
    pub include_deleted: bool,
}

/// What a list of stores is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoreSort {
    /// The id, which is the order of creation where the ids are ours.
    #[default]
    Id,
    /// The folded name.
    Name,
    /// The folded code.
    Code,
    /// When it was opened.
    CreatedAt,
}

/// Reads stores within a scope.
#[async_trait]
pub trait StoreReader: Send + Sync {
    /// The live store with this id, if the scope reaches it.
    async fn find(&self, id: StoreId) -> Result<Option<Store>, RepositoryError>;
    /// The store with this id, deleted or not, if the scope reaches it.
    async fn find_with_deleted(&self, id: StoreId) -> Result<Option<Store>, RepositoryError>;
    /// The live stores among these ids that the scope reaches, in one statement.
    async fn find_all(&self, ids: &[StoreId]) -> Result<Vec<Store>, RepositoryError>;
    /// One page of the stores that the scope reaches.
    async fn list(&self, filter: &StoreFilter, page: &PageRequest<StoreSort>) -> Result<Page<Store>, RepositoryError>;
}

/// Reads and writes stores within a scope.
#[async_trait]
pub trait StoreRepository: StoreReader {
    /// Adds a store.
    async fn insert(&self, store: &Store) -> Result<(), RepositoryError>;
    /// The live store with this id, if the scope reaches it, locked until the unit ends: what is put beneath it cannot
    /// lose it meanwhile.
    async fn lock(&self, id: StoreId) -> Result<Option<Store>, RepositoryError>;
    /// Writes the changed store if its stored version is still `expected`; [`RepositoryError::Stale`] otherwise.
    async fn update(&self, store: &Store, expected: Version) -> Result<(), RepositoryError>;
    /// Deletes the live store if its stored version is still `expected`.
    async fn delete(&self, id: StoreId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError>;
    /// Brings a deleted store back if its stored version is still `expected`.
    async fn restore(&self, id: StoreId, now: OffsetDateTime, expected: Version) -> Result<(), RepositoryError>;
}
