//! Cotenant over HTTP: routes, problem documents, the API's own description. A thin adapter: handlers read a request,
//! call one use case of the domain, and write what it says.
//!
//! # How a request passes through
//!
//! The envelope (`middleware`) gives it an id, a log line and its headers. Its route's [`Audience`] is proved before
//! anything else of it is looked at. Then come address, query and body, each refused with a problem that points at the
//! mistake, and then the use case, which alone decides what is allowed.
//!
//! # What to know when adding a route
//!
//! A route is one entry of its feature's `routes()`. The registration, the OpenAPI document, the permission that it
//! names and the list that tests enumerate all follow from that entry.

mod access;
mod addresses;
mod answer;
mod app;
mod audience;
mod audit;
mod auth;
mod bootstrap;
mod bounded;
mod connection;
mod cursor;
mod docs;
mod error;
mod etag;
mod extract;
mod fields;
mod health;
mod invitations;
mod jobs;
mod limits;
mod members;
mod middleware;
mod mount;
mod openapi;
mod page;
mod password_resets;
mod platform;
mod problems;
mod products;
mod recent_keys;
mod roles;
mod route;
mod routes;
mod services;
mod signing_keys;
mod stores;
mod support;
mod tenants;

pub use app::{ApiSettings, App};
pub use audience::Audience;
pub use connection::watch;
pub use limits::{Limits, Rates, RouteClass};
pub use mount::configure;
pub use openapi::openapi;
pub use problems::{PROBLEMS, ProblemType};
pub use route::Route;
pub use routes::routes;
