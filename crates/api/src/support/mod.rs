//! Operators' access to a tenant over HTTP: made at the platform, seen and ended by the tenant too.

mod routes;
mod schemas;

pub(crate) use routes::routes;
