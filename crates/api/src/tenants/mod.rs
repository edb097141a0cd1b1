//! The caller's own tenant over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
