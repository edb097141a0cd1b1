//! The audit log: who did what to which object, when and from where. Append-only, one gapless sequence for each tenant, each
//! event chained to the one before.

mod canonical;
mod chain;
mod differences;
mod error;
mod export;
mod list;
mod model;
mod ports;
mod refusal;
mod transcript;
mod verify;

pub use canonical::{NotCanonical, canonical};
pub use chain::{ChainHash, Head, InvalidHash, document};
pub use differences::differences;
pub use error::AuditError;
pub use export::{Export, ExportAudit, ExportFormat, begin_export};
pub use list::{ListAudit, list};
pub use model::{ActorKind, AuditEvent, AuditFilter, NewAudit, Object};
pub use ports::{AuditLog, AuditReader};
pub use refusal::{Refusal, Restraint, record_refusal};
pub use transcript::{Closing, FORMAT, Opening, event_line};
pub use verify::{Anchors, Broken, Verified, Verifier};
