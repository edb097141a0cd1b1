//! The platform: the operators' side of Cotenant, where tenants come and go.

mod act;
mod audit;
mod change;
mod create;
mod delete;
mod error;
mod list;
mod list_audit;
mod operators;
mod ports;
mod reactivate;
mod restore;
mod suspend;
mod view;

pub use audit::{NewPlatformAudit, PlatformAuditEvent, PlatformAuditFilter, PlatformAuditLog};
pub use change::{ChangeTenant, change};
pub use create::{CreateTenant, Created, create};
pub use delete::delete;
pub use error::PlatformError;
pub use list::{ListTenants, list};
pub use list_audit::{ListPlatformAudit, list_audit};
pub use operators::{ListedOperator, LocalTrust, OperatorError, add_operator, list_operators, remove_operator};
pub use ports::{OperatorRecord, OperatorRepository, TenantFilter, TenantRepository, TenantSort};
pub use reactivate::reactivate;
pub use restore::restore;
pub use suspend::suspend;
pub use view::view;
