//! Products: what a store sells. The reference for features that belong to a store; copy its rooms for your own.

mod model;
mod ports;

pub use model::{Product, ProductId};
pub use ports::{
    PRODUCT_ID_UNIQUE, PRODUCT_SKU_UNIQUE, ProductFilter, ProductReader, ProductRepository, ProductSort,
};
