//! Service accounts and their keys over HTTP.

mod key_routes;
mod key_schemas;
mod routes;
mod schemas;

use crate::route::Route;

pub(crate) fn routes() -> Vec<Route> {
    [routes::routes(), key_routes::routes()].concat()
}
