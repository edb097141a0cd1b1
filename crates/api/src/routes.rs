//! The route table. Registration, API document, permissions and tests all read it, so that they cannot differ.

use actix_web::guard;
use actix_web::http::{Method, StatusCode, header};
use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Scope, web};
use cotenant_domain::tenancy::Permission;

use crate::error::ApiError;
use crate::middleware::authenticate;
use crate::openapi::Doc;
use crate::{audit, auth, bootstrap, docs, health, invitations, members, platform, products, roles, stores, tenants};

/// Who a route is for; proved before anything of the request is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody. A token is not looked at.
    Public,
    /// Everybody. A token, where there is one, must be a member's and valid.
    Visitor,
    /// Members and operators.
    SignedIn,
    /// Members, inside the tenant of their token.
    Tenant,
    /// Operators of the platform.
    Platform,
}

/// One route.
#[derive(Clone)]
pub struct Route {
    /// The method. Where it is `GET`, `HEAD` is answered too.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who it is for.
    pub audience: Audience,
    /// The permission that its use case asks for.
    pub permission: Option<Permission>,
    pub(crate) doc: Doc,
    handler: fn() -> actix_web::Route,
}

impl Route {
    fn new(method: Method, id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self { method, path, audience: Audience::Public, permission: None, doc: Doc::new(id), handler }
    }

    pub(crate) fn get(id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self::new(Method::GET, id, path, handler)
    }

    pub(crate) fn post(id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self::new(Method::POST, id, path, handler)
    }

    pub(crate) fn put(id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self::new(Method::PUT, id, path, handler)
    }

    pub(crate) fn patch(id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self::new(Method::PATCH, id, path, handler)
    }

    pub(crate) fn delete(id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        Self::new(Method::DELETE, id, path, handler)
    }

    /// The name of the operation in the API document, such as `open_store`.
    pub fn name(&self) -> &'static str {
        self.doc.id
    }

    /// For members who hold a permission.
    pub(crate) fn needs(self, permission: Permission) -> Self {
        Self { permission: Some(permission), ..self.serves(Audience::Tenant) }
    }

    /// For an audience.
    pub(crate) fn serves(self, audience: Audience) -> Self {
        Self { audience, ..self }
    }

    /// With this description.
    pub(crate) fn says(mut self, describe: impl FnOnce(Doc) -> Doc) -> Self {
        self.doc = describe(self.doc);
        self
    }

    fn mount(&self) -> actix_web::Route {
        let route = (self.handler)();
        let route = match self.method {
            Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
            ref method => route.method(method.clone()),
        };
        if !self.path.starts_with("/api/") {
            return route;
        }
        let (audience, has_query) = (self.audience, self.doc.has_query());
        route.wrap(from_fn(move |req, next| authenticate(audience, has_query, req, next)))
    }

    fn methods(&self) -> &'static str {
        match self.method {
            Method::GET => "GET, HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            _ => "DELETE",
        }
    }
}

/// All routes. The busiest come first, since they are tried in this order.
pub fn routes() -> Vec<Route> {
    [
        stores::routes(),
        products::routes(),
        auth::routes(),
        tenants::routes(),
        roles::routes(),
        members::routes(),
        invitations::routes(),
        audit::routes(),
        platform::routes(),
        bootstrap::routes(),
        health::routes(),
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
            "GET /api/v1/openapi.json",
            "GET /docs",
            "GET /docs/{file:.*}",
            "GET /healthz",
            "GET /problems/{code}",
            "GET /readyz",
            "POST /api/v1/auth/login",
            "POST /api/v1/bootstrap",
            "POST /api/v1/invitations/accept",
        ];
        assert_eq!(open, known.map(str::to_owned).into());
    }

    #[test]
    fn members_without_a_permission_only_reach_what_is_their_own() {
        let own = routes().into_iter().filter(|r| r.audience == Audience::Tenant && r.permission.is_none());
        let own = own.map(|r| format!("{} {}", r.method, r.path)).collect::<Vec<_>>();
        assert_eq!(own, ["POST /api/v1/auth/switch", "GET /api/v1/auth/me"]);
    }
}
