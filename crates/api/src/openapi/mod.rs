//! The OpenAPI document, made from the route table.

mod doc;
mod operation;
mod problems;

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, Paths};
use utoipa::openapi::schema::{ComponentsBuilder, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{InfoBuilder, License, OpenApi, OpenApiBuilder, RefOr};

use crate::route::Route;
use crate::routes::routes;

pub(crate) use doc::Doc;

/// The security scheme of members' tokens.
const TENANT: &str = "tenant";
/// The security scheme of operators' tokens.
const PLATFORM: &str = "platform";

/// The description of the API by OpenAPI 3.1.
pub fn openapi() -> OpenApi {
    let routes = routes().into_iter().filter(|route| !route.doc.is_page).collect::<Vec<_>>();
    let mut paths = Paths::new();
    for route in &routes {
        paths.add_path_operation(route.path, vec![method(route)], operation::of(route));
    }
    let info = InfoBuilder::new()
        .title("Cotenant")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(License::new("Apache-2.0")));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas(&routes))
        .security_scheme(
            TENANT,
            bearer(
                "A member's token of POST /api/v1/auth/login, or the key of a service account; it names the tenant.",
            ),
        )
        .security_scheme(PLATFORM, bearer("An operator's token of POST /api/v1/auth/login with platform: true."));
    OpenApiBuilder::new().info(info.build()).paths(paths).components(Some(components.build())).build()
}

const INTRODUCTION: &str = "\
A multi-tenant backend. The tenant is the token's and nothing else's: no header, path or body names another.\n\n\
Failures are problem documents (RFC 9457). What does not exist and what the caller may not see get the same 404. \
Lists are paged by `limit` and `cursor`; a cursor belongs to one list with its filters and sort. \
Resources carry a strong `ETag`; `If-Match` on PATCH and DELETE refuses a stale change with 412. \
A POST that makes something takes an `Idempotency-Key` and is done once for it. \
In a PATCH, what is absent stays and `null` clears. Instants are RFC 3339 in UTC, money is whole minor units, \
and unknown fields and parameters are refused.";

fn method(route: &Route) -> HttpMethod {
    match route.method.as_str() {
        "GET" => HttpMethod::Get,
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        _ => HttpMethod::Delete,
    }
}

fn bearer(description: &str) -> SecurityScheme {
    let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(description));
    SecurityScheme::Http(http.build())
}

fn schemas(routes: &[Route]) -> BTreeMap<String, RefOr<Schema>> {
    let mut found = vec![problems::schema()];
    for route in routes {
        for collect in &route.doc.schemas {
            collect(&mut found);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests;
