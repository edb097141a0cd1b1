//! E-mail addresses of people over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
