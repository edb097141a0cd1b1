//! A valid request of a route, and the requests that are made from it.

use std::collections::BTreeMap;

use cotenant_api::Route;
use reqwest::Method;
use serde_json::Value;

/// What stands for the parameters of a case, by their names.
pub(crate) type Ids = BTreeMap<&'static str, String>;

/// A valid request of a route. Where `{name}` stands in its path, query or body, the id of that name is put.
#[derive(Clone)]
pub(crate) struct Case {
    /// The route.
    pub(crate) route: Route,
    /// The objects it concerns.
    pub(crate) ids: Ids,
    /// What the answer is to whoever may.
    pub(crate) answers: u16,
    /// What the answer is to who names, in the body alone, something that is not theirs.
    pub(crate) refuses_in_body: u16,
    /// What must be held besides the route's own permission: it is given or taken.
    pub(crate) gives: &'static [&'static str],
    query: &'static str,
    body: Option<Value>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The name of its route.
    pub(crate) route: &'static str,
    /// The method.
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    /// The body.
    pub(crate) body: Option<String>,
}

impl Case {
    /// A request of a route without anything in it, answered with 200.
    pub(crate) fn of(route: &Route) -> Self {
        let route = route.clone();
        Self { route, ids: Ids::new(), answers: 200, refuses_in_body: 422, gives: &[], query: "", body: None }
    }

    /// With this object.
    pub(crate) fn with(mut self, name: &'static str, id: impl Into<String>) -> Self {
        self.ids.insert(name, id.into());
        self
    }

    /// With this body.
    pub(crate) fn sends(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// With this query.
    pub(crate) fn asks(self, query: &'static str) -> Self {
        Self { query, ..self }
    }

    /// Answered with this status.
    pub(crate) fn answers(self, status: u16) -> Self {
        Self { answers: status, ..self }
    }

    /// Answered with this status where something in the body is not theirs who ask.
    pub(crate) fn refuses_in_body(self, status: u16) -> Self {
        Self { refuses_in_body: status, ..self }
    }

    /// Giving or taking these permissions.
    pub(crate) fn gives(self, gives: &'static [&'static str]) -> Self {
        Self { gives, ..self }
    }

    /// What it is, for messages.
    pub(crate) fn name(&self) -> String {
        format!("{} {}{}", self.route.method, self.route.path, self.query)
    }

    /// The request with these in place of its own ids.
    pub(crate) fn request(&self, ids: &Ids) -> Request {
        let fill =
            |template: String| ids.iter().fold(template, |text, (name, id)| text.replace(&format!("{{{name}}}"), id));
        Request {
            route: self.route.name(),
            method: Method::from_bytes(self.route.method.as_str().as_bytes()).unwrap(),
            path: fill(format!("{}{}", self.route.path, self.query)),
            body: self.body.as_ref().map(|body| fill(body.to_string())),
        }
    }

    /// Whether the id of this name stands in the address, and not only in the body.
    pub(crate) fn is_in_address(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        self.route.path.contains(&place) || self.query.contains(&place)
    }

    /// Whether it is sent as what changes something, or changes something.
    pub(crate) fn is_mutation(&self) -> bool {
        self.route.method.as_str() != "GET" || self.route.name() == "export_audit_events"
    }

    /// Whether it changes something. That somebody exported the log is recorded there.
    pub(crate) fn changes(&self) -> bool {
        !self.route.only_reads || self.route.name() == "export_audit_events"
    }

    /// Whether its body may bring an id of the client's own choice.
    pub(crate) fn takes_an_id(&self) -> bool {
        self.route.permission.is_some() && self.answers == 201
    }
}

impl Request {
    /// The same with one more parameter in the query.
    pub(crate) fn asking(&self, parameter: &str) -> Self {
        let sign = if self.path.contains('?') { '&' } else { '?' };
        Self { path: format!("{}{sign}{parameter}", self.path), ..self.clone() }
    }

    /// The same with one more field in the body; `None` where there is no body.
    pub(crate) fn bringing(&self, field: &str, value: Value) -> Option<Self> {
        let mut body: Value = serde_json::from_str(self.body.as_ref()?).unwrap();
        body[field] = value;
        Some(Self { body: Some(body.to_string()), ..self.clone() })
    }
}
