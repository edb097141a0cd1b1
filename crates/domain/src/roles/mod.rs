//! Roles: named sets of permissions.

mod catalog;
mod change;
mod create;
mod delete;
mod difference;
mod error;
mod giving;
mod held;
mod kept;
mod list;
mod model;
mod ports;
mod preview;
mod view;

pub use catalog::catalog;
pub use change::{ChangeRole, change};
pub use create::{CreateRole, create};
pub use delete::delete;
pub use difference::Difference;
pub use error::RoleError;
pub use giving::NotGiven;
pub(crate) use giving::{authorize_giving, is_within, reaches, record_of, role_at};
pub use held::{GivenRole, HeldRole, RoleHolder};
pub use list::{ListRoles, list};
pub use model::{Role, RoleId, SystemRole, read_permissions, stored_permissions};
pub use ports::{ROLE_ID_UNIQUE, ROLE_NAME_UNIQUE, RoleFilter, RoleReader, RoleRepository, RoleSort};
pub use preview::{Affected, AffectedHolder, Counts, Preview, PreviewRole, preview};
pub use view::view;
