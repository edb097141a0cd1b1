use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{Product, ProductId};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::stores::StoreId;
use crate::tenancy::{Deletion, DeletionId, Version};

/// The rule that SKUs are unique in their store.
pub const PRODUCT_SKU_UNIQUE: &str = "products_sku_key_unique";
/// The rule that product ids are unique in their tenant.
pub const PRODUCT_ID_UNIQUE: &str = "products_id_unique";

/// Which products a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductFilter {
    /// Only those whose name or SKU contains this folded text.
    pub text: Option<String>,
    /// Only those in stock, or only those out of it.
    pub in_stock: Option<bool>,
    /// Deleted ones too.
    pub include_deleted: bool,
}

/// What a list of products is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProductSort {
    /// The id, which is the order of creation where the ids are ours.
    #[default]
    Id,
    /// The folded name.
    Name,
    /// The folded SKU.
    Sku,
    /// The price in minor units.
    Price,
    /// When it was added.
    CreatedAt,
}

/// Reads products within a scope.
#[async_trait]
pub trait ProductReader: Send + Sync {
    /// The live product with this id in this store, if the scope reaches it.
    async fn find(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError>;
    /// The product with this id in this store, deleted or not, if the scope reaches it.
    async fn find_with_deleted(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError>;
    /// One page of the products of a store, if the scope reaches it; an empty page otherwise.
    async fn list(
        &self,
        store: StoreId,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, RepositoryError>;
}

/// Reads and writes products within a scope.
#[async_trait]
pub trait ProductRepository: ProductReader {
    /// Adds a product.
    async fn insert(&self, product: &Product) -> Result<(), RepositoryError>;
    /// Writes the changed product if its stored version is still `expected`; [`RepositoryError::Stale`] otherwise.
    async fn update(&self, product: &Product, expected: Version) -> Result<(), RepositoryError>;
    /// Deletes the live product if its stored version is still `expected`.
    async fn delete(
        &self,
        store: StoreId,
        id: ProductId,
        deletion: Deletion,
        expected: Version,
    ) -> Result<(), RepositoryError>;
    /// Brings a deleted product back if its stored version is still `expected`.
    async fn restore(
        &self,
        store: StoreId,
        id: ProductId,
        now: OffsetDateTime,
        expected: Version,
    ) -> Result<(), RepositoryError>;
    /// Deletes all live products of a store, in the act that deletes the store.
    async fn delete_of_store(&self, store: StoreId, deletion: Deletion) -> Result<(), RepositoryError>;
    /// Brings back the products of a store that went in the given act.
    async fn restore_of_store(
        &self,
        store: StoreId,
        act: DeletionId,
        now: OffsetDateTime,
    ) -> Result<(), RepositoryError>;
}
