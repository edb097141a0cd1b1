//! The platform over HTTP: where tenants come and go. For operators alone.

mod audit_routes;
mod audit_schemas;
mod routes;
mod schemas;

pub(crate) use routes::routes;
