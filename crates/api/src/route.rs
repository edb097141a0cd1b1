use actix_web::guard;
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use cotenant_domain::tenancy::Permission;

use crate::audience::Audience;
use crate::limits::RouteClass;
use crate::middleware::{Gate, authenticate};
use crate::openapi::Doc;

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
    /// Whether it reads, whatever its method.
    pub only_reads: bool,
    /// Which of a caller's rates it counts against.
    pub class: RouteClass,
    pub(crate) doc: Doc,
    handler: fn() -> actix_web::Route,
}

impl Route {
    fn new(method: Method, id: &'static str, path: &'static str, handler: fn() -> actix_web::Route) -> Self {
        let (audience, only_reads) = (Audience::Public, method.is_safe());
        let class = if only_reads { RouteClass::Read } else { RouteClass::Write };
        Self { method, path, audience, permission: None, only_reads, class, doc: Doc::new(id), handler }
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

    /// For members who hold a permission. Where the route writes, a transaction in the caller's tenant is open already and
    /// waits for `db.write(&scope)`: a use case that first began another unit, or hashed a password, would wait for itself
    /// on SQLite's one writer.
    pub(crate) fn needs(self, permission: Permission) -> Self {
        Self { permission: Some(permission), ..self.serves(Audience::Tenant) }
    }

    /// Writes nothing, although what it asks takes a body: the caller's access is read in the transaction that reads next.
    pub(crate) fn reads(self) -> Self {
        Self { only_reads: true, class: RouteClass::Read, ..self }
    }

    /// Takes or gives a password, a key, a one-time token or a session.
    pub(crate) fn has_secrets(self) -> Self {
        Self { class: RouteClass::Secret, ..self }
    }

    /// Answers with a file of any length.
    pub(crate) fn exports(self) -> Self {
        Self { class: RouteClass::Export, ..self }
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

    /// Whether it is done once for each `Idempotency-Key`: it makes something for somebody who is known. A route joins by what
    /// its entry says of it.
    pub fn is_done_once(&self) -> bool {
        let known = matches!(self.audience, Audience::Tenant | Audience::Platform);
        self.method == Method::POST && self.doc.makes_something() && known
    }

    /// Whether its answer holds a secret that is in no other.
    pub fn shows_once(&self) -> bool {
        self.doc.shows_once
    }

    /// Whether its requests count against a limit: all of the API, and none of what stands beside it.
    pub fn is_counted(&self) -> bool {
        self.path.starts_with("/api/")
    }

    pub(crate) fn mount(&self) -> actix_web::Route {
        let route = (self.handler)();
        let route = match self.method {
            Method::GET => route.guard(guard::Any(guard::Get()).or(guard::Head())),
            ref method => route.method(method.clone()),
        };
        if !self.is_counted() {
            return route;
        }
        // Who needs a permission works in their own tenant; the others (signing out, switching) begin elsewhere.
        let (audience, permission) = (self.audience, self.permission);
        let (reads, writes) = (self.only_reads, permission.is_some() && !self.only_reads);
        let once = self.is_done_once().then_some(self.doc.id);
        let (class, has_query) = (self.class, self.doc.has_query());
        let gate = Gate { audience, permission, reads, writes, once, has_query, class };
        route.wrap(from_fn(move |req, next| authenticate(gate, req, next)))
    }

    pub(crate) fn methods(&self) -> &'static str {
        match self.method {
            Method::GET => "GET, HEAD",
            Method::POST => "POST",
            Method::PUT => "PUT",
            Method::PATCH => "PATCH",
            _ => "DELETE",
        }
    }
}
