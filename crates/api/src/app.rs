use std::net::IpAddr;
use std::time::Duration;

use cotenant_domain::Deps;
use cotenant_domain::audit::Restraint;
use cotenant_domain::idempotency::Sweeps;
use secrecy::SecretString;

use crate::limits::{Limits, RecentPlans, RefusedTokens};
use crate::recent_keys::RecentKeys;

/// What an operator may choose about the API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long the answer to a request may take from its head on, a slow body included.
    pub request_timeout: Duration,
    /// The origins whose pages may call the API from a browser, each as `scheme://host[:port]`. With none, no answer
    /// carries a CORS header.
    pub allowed_origins: Vec<String>,
    /// The proxies that are believed in who a request comes from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpAddr>,
    /// The secret that `POST /api/v1/bootstrap` asks for; without one there is no such route.
    pub bootstrap_secret: Option<SecretString>,
    /// The address under which clients reach the server. Where it is `https`, answers say that it stays so (RFC 6797).
    pub public_url: Option<String>,
    /// How much is served to whom.
    pub limits: Limits,
}

/// What all handlers share.
pub struct App {
    pub(crate) deps: Deps,
    pub(crate) settings: ApiSettings,
    /// Keeps refusals from filling the audit logs.
    pub(crate) restraint: Restraint,
    pub(crate) keys: RecentKeys,
    /// Which sweeps of kept answers were ordered.
    pub(crate) sweeps: Sweeps,
    pub(crate) plans: RecentPlans,
    pub(crate) refused: RefusedTokens,
}

impl App {
    /// Puts the domain's dependencies and the settings together.
    pub fn new(deps: Deps, settings: ApiSettings) -> Self {
        let (restraint, keys, plans, refused, sweeps) = <_>::default();
        Self { deps, settings, restraint, keys, plans, refused, sweeps }
    }

    /// Whether clients come over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.settings.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}
