//! The audit log over HTTP.

mod csv;
mod export;
mod routes;
mod schemas;

pub(crate) use routes::routes;
pub(crate) use schemas::{AuditActorView, AuditOriginView};
