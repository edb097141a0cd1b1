//! The audit log: who did what to which object, when and from where. Append-only, one gapless sequence for each tenant.

mod differences;
mod error;
mod list;
mod model;
mod ports;

pub use differences::differences;
pub use error::AuditError;
pub use list::{ListAudit, list};
pub use model::{ActorKind, AuditEvent, AuditFilter, NewAudit, Object};
pub use ports::{AuditLog, AuditReader};
