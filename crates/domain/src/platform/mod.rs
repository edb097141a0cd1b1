//! The platform: the operators' side of Cotenant, where tenants come and go.

mod ports;

pub use ports::{
    NewPlatformAudit, OperatorRecord, OperatorRepository, PlatformAuditLog, TenantFilter, TenantRepository, TenantSort,
};
