use super::ports::{PRODUCT_ID_UNIQUE, PRODUCT_SKU_UNIQUE};
use crate::shared::{Fault, FaultKind, FieldFault, RepositoryError};
use crate::tenancy::Denied;

/// Why something with a product did not happen.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// No such product, or no such store, within reach.
    #[error("there is no such product")]
    NotFound,
    /// The price is negative.
    #[error("the price must not be negative")]
    NegativePrice,
    /// The stock is negative.
    #[error("the stock must not be negative")]
    NegativeStock,
    /// Another product of the store has the SKU.
    #[error("another product of this store has this SKU")]
    SkuTaken,
    /// Another product of the tenant has the id that the client brought.
    #[error("another product has this id")]
    IdTaken,
    /// The product is not the version that the caller saw.
    #[error("the product was changed meanwhile")]
    Stale,
    /// A product that is not deleted cannot be restored.
    #[error("the product is not deleted")]
    NotDeleted,
    /// A product cannot be restored beneath a deleted store.
    #[error("the product's store is deleted")]
    ParentDeleted,
    /// The database failed.
    #[error(transparent)]
    Repository(RepositoryError),
}

impl From<RepositoryError> for ProductError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Stale => Self::Stale,
            error if error.is_conflict(PRODUCT_SKU_UNIQUE) => Self::SkuTaken,
            error if error.is_conflict(PRODUCT_ID_UNIQUE) => Self::IdTaken,
            error => Self::Repository(error),
        }
    }
}

impl Fault for ProductError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::NegativePrice | Self::NegativeStock => FaultKind::Invalid,
            Self::SkuTaken | Self::IdTaken | Self::NotDeleted | Self::ParentDeleted => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Repository(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::NegativePrice | Self::NegativeStock => "invalid",
            Self::SkuTaken => "sku_taken",
            Self::IdTaken => "id_taken",
            Self::NotDeleted => "not_deleted",
            Self::ParentDeleted => "parent_deleted",
            Self::Stale => "stale",
            Self::Repository(source) => source.code(),
        }
    }

    fn fields(&self) -> Vec<FieldFault> {
        let at = |pointer: &str| vec![FieldFault { pointer: pointer.into(), detail: self.to_string() }];
        match self {
            Self::NegativePrice => at("/price_minor"),
            Self::NegativeStock => at("/stock"),
            Self::SkuTaken => at("/sku"),
            Self::IdTaken => at("/id"),
            _ => Vec::new(),
        }
    }
}
