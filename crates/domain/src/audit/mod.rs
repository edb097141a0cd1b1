//! The audit log: who did what to which object, when and from where. Append-only, one gapless sequence for each tenant.

mod model;
mod ports;

pub use model::{ActorKind, AuditEvent, AuditFilter, NewAudit, Object};
pub use ports::{AuditLog, AuditReader};
