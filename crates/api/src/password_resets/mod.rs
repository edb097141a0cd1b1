//! Forgotten passwords over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
