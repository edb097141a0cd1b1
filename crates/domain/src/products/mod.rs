//! Products: what a store sells. The reference for features that belong to a store; copy its rooms for your own.

mod change;
mod create;
mod delete;
mod error;
mod list;
mod model;
mod ports;
mod restore;
mod view;

pub use change::{ChangeProduct, change};
pub use create::{CreateProduct, create};
pub use delete::delete;
pub use error::ProductError;
pub use list::{ListProducts, list};
pub use model::{Product, ProductId};
pub use ports::{PRODUCT_ID_UNIQUE, PRODUCT_SKU_UNIQUE, ProductFilter, ProductReader, ProductRepository, ProductSort};
pub use restore::restore;
pub use view::view;
