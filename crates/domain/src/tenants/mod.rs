//! The tenant's own record, as its members see and change it. The platform's side of tenants is in
//! [`platform`](crate::platform).

mod model;
mod ports;

pub use model::{Tenant, TenantId, TenantStatus};
pub use ports::{OwnTenantReader, OwnTenantRepository, TENANT_SLUG_UNIQUE};
