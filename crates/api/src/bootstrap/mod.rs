//! The one-time beginning over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
