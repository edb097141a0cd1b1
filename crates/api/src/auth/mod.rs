//! Signing in, switching and signing out over HTTP.

mod routes;
mod schemas;

pub(crate) use routes::routes;
pub(crate) use schemas::{SessionTenantView, UserView};
