//! Roles: named sets of permissions.

mod model;
mod ports;

pub use model::{Role, RoleId, SystemRole, read_permissions, stored_permissions};
pub use ports::{ROLE_ID_UNIQUE, ROLE_NAME_UNIQUE, RoleFilter, RoleReader, RoleRepository, RoleSort};
