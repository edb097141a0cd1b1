//! The platform: the operators' side of Cotenant, where tenants come and go.

mod act;
mod change;
mod create;
mod delete;
mod error;
mod list;
mod operators;
mod ports;
mod reactivate;
mod restore;
mod suspend;
mod view;

pub use change::{ChangeTenant, change};
pub use create::{CreateTenant, Created, create};
pub use delete::delete;
pub use error::PlatformError;
pub use list::{ListTenants, list};
pub use operators::{ListedOperator, LocalTrust, OperatorError, add_operator, list_operators, remove_operator};
pub use ports::{
    NewPlatformAudit, OperatorRecord, OperatorRepository, PlatformAuditLog, TenantFilter, TenantRepository, TenantSort,
};
pub use reactivate::reactivate;
pub use restore::restore;
pub use suspend::suspend;
pub use view::view;
