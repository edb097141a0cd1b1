//! Why somebody may do something, over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
