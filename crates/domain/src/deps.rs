//! What use cases reach the world through.

use std::sync::Arc;

use time::Duration;

use crate::cache::Cache;
use crate::identity::{PasswordHasher, PasswordScreen, SignInThrottle, TokenIssuer, TokenVerifier};
use crate::limits::RateLimiter;
use crate::mail::Mailer;
use crate::plans::Plans;
use crate::shared::{Chance, Clock, IdSource, SecretSource};
use crate::tenancy::AccessReader;
use crate::uow::Database;

/// Everything a use case reaches the world through.
#[derive(Clone)]
pub struct Deps {
    /// Stored data.
    pub db: Arc<dyn Database>,
    /// What is kept of it, so that it is not asked for again.
    pub cache: Arc<dyn Cache>,
    /// What a session may do.
    pub access: Arc<dyn AccessReader>,
    /// The present moment.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn IdSource>,
    /// Chance where nothing secret hangs on it.
    pub chance: Arc<dyn Chance>,
    /// Fresh secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// Hashes and checks passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Recognises common passwords.
    pub screen: Arc<dyn PasswordScreen>,
    /// Bounds how fast passwords are guessed.
    pub throttle: Arc<dyn SignInThrottle>,
    /// Counts how fast somebody asks.
    pub limiter: Arc<dyn RateLimiter>,
    /// Signs tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Verifies tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Sends messages.
    pub mailer: Arc<dyn Mailer>,
    /// Which plans tenants can have.
    pub plans: Arc<Plans>,
    /// Durations that an operator may choose.
    pub policy: Policy,
}

/// Durations that an operator may choose.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long an access token lives.
    pub access_token: Duration,
    /// How long a session lives, however much it is used.
    pub session: Duration,
    /// How long a session lives without being renewed.
    pub session_idle: Duration,
    /// How long a refresh token that was used is answered with the same successor: the time in which an answer counts as
    /// lost.
    pub refresh_grace: Duration,
    /// How long the tokens of an address that is verified or changed are good.
    pub address_change: Duration,
    /// How long an invitation can be accepted.
    pub invitation: Duration,
    /// How long a password can be set anew with the token of a message.
    pub password_reset: Duration,
    /// How long deleted things are kept before they are purged.
    pub retention: Duration,
}
