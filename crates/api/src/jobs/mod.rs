//! Jobs: what is done in the background, and what was given up.

mod routes;
mod schemas;

pub(crate) use routes::routes;
