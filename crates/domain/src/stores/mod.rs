//! Stores: the places of a tenant where business is done. The second level of every scope.

mod change;
mod delete;
mod error;
mod kept;
mod list;
mod model;
mod open;
mod ports;
mod restore;
mod view;

pub use change::{ChangeStore, change};
pub use delete::delete;
pub use error::StoreError;
pub(crate) use kept::is_live;
pub use list::{ListStores, list};
pub use model::{Store, StoreId};
pub use open::{OpenStore, open};
pub use ports::{STORE_CODE_UNIQUE, STORE_ID_UNIQUE, StoreFilter, StoreReader, StoreRepository, StoreSort};
pub use restore::restore;
pub use view::view;
