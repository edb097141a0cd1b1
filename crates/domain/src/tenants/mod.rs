//! The tenant's own record, as its members see and change it. The platform's side of tenants is in
//! [`platform`](crate::platform).

mod change;
mod error;
mod kept;
mod model;
mod ports;
mod seed;
mod view;

pub(crate) use change::fields;
pub use change::{ChangeTenant, change};
pub use error::TenantError;
pub(crate) use kept::own_tenant;
pub use model::{Tenant, TenantId, TenantStatus};
pub use ports::{OwnTenantReader, OwnTenantRepository, TENANT_SLUG_UNIQUE};
pub(crate) use seed::{constant, seed_tenant};
pub use view::view;
