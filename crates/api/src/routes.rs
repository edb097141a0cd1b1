//! The route table. Registration, API document, permissions and tests all read it, so that they cannot differ.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, Scope, web};

use crate::error::ApiError;
use crate::route::Route;
use crate::{
    access, addresses, audit, auth, bootstrap, docs, health, invitations, jobs, members, password_resets, platform,
    products, roles, services, signing_keys, stores, support, tenants,
};

/// All routes. The busiest come first, since they are tried in this order.
pub fn routes() -> Vec<Route> {
    [
        stores::routes(),
        products::routes(),
        auth::routes(),
        password_resets::routes(),
        addresses::routes(),
        tenants::routes(),
        roles::routes(),
        members::routes(),
        services::routes(),
        invitations::routes(),
        access::routes(),
        audit::routes(),
        jobs::routes(),
        support::routes(),
        platform::routes(),
        bootstrap::routes(),
        health::routes(),
        signing_keys::routes(),
        docs::routes(),
    ]
    .concat()
}

/// Registers all routes; a method that a path does not know is answered with those that it does. Paths without parameters
/// come first: `/invitations/accept` is not the invitation with the id `accept`.
pub(crate) fn mount(mut scope: Scope) -> Scope {
    let mut left = routes();
    left.sort_by_key(|route| route.path.contains('{'));
    while let Some(first) = left.first() {
        let path = first.path;
        let (here, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|route| route.path == path);
        let allow = here.iter().map(Route::methods).collect::<Vec<_>>().join(", ");
        let resource = here.iter().fold(web::resource(path), |resource, route| resource.route(route.mount()));
        scope = scope.service(resource.default_service(web::to(move || refuse(allow.clone()))));
        left = rest;
    }
    scope
}

async fn refuse(allow: String) -> HttpResponse {
    use actix_web::ResponseError;
    let error = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
    let mut response = error.error_response();
    if let Ok(allow) = allow.parse() {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::Audience;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_routes_answer_the_same_request_or_share_a_name() {
        let routes = routes();
        let places = routes.iter().map(|r| (r.path, r.method.as_str())).collect::<BTreeSet<_>>();
        let names = routes.iter().map(Route::name).collect::<BTreeSet<_>>();
        assert_eq!((places.len(), names.len()), (routes.len(), routes.len()));
    }

    #[test]
    fn whoever_needs_a_permission_is_a_member_and_the_platform_is_for_operators() {
        for route in routes() {
            if route.permission.is_some() {
                assert_eq!(route.audience, Audience::Tenant, "{}", route.path);
            }
            assert_eq!(
                route.path.starts_with("/api/v1/platform/"),
                route.audience == Audience::Platform,
                "{}",
                route.path
            );
        }
    }

    #[test]
    fn nothing_of_a_tenant_is_public() {
        let open = routes().into_iter().filter(|r| matches!(r.audience, Audience::Public | Audience::Visitor));
        let open = open.map(|r| format!("{} {}", r.method, r.path)).collect::<BTreeSet<_>>();
        let known = [
            "GET /.well-known/jwks.json",
            "GET /api/v1/openapi.json",
            "GET /docs",
            "GET /docs/{file:.*}",
            "GET /healthz",
            "GET /problems/{code}",
            "GET /readyz",
            "POST /api/v1/auth/email-confirmations",
            "POST /api/v1/auth/login",
            "POST /api/v1/auth/password-resets",
            "POST /api/v1/auth/password-resets/confirm",
            "POST /api/v1/auth/refresh",
            "POST /api/v1/bootstrap",
            "POST /api/v1/invitations/accept",
        ];
        assert_eq!(open, known.map(str::to_owned).into());
    }

    #[test]
    fn members_without_a_permission_only_reach_what_is_their_own() {
        let own = routes().into_iter().filter(|r| r.audience == Audience::Tenant && r.permission.is_none());
        let own = own.map(|r| format!("{} {}", r.method, r.path)).collect::<Vec<_>>();
        let known = [
            "POST /api/v1/auth/switch",
            "GET /api/v1/auth/sessions",
            "DELETE /api/v1/auth/sessions/{session_id}",
            "DELETE /api/v1/auth/sessions",
            "GET /api/v1/auth/me",
            // About others it asks for permissions itself.
            "GET /api/v1/access/explain",
        ];
        assert_eq!(own, known);
    }
}
