//! The platform over HTTP: where tenants come and go. For operators alone.

mod routes;
mod schemas;

pub(crate) use routes::routes;
