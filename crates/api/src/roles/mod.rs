//! Roles over HTTP.

mod preview;
mod routes;
mod schemas;

pub(crate) use routes::routes;
