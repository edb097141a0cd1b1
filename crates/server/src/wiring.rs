//! Which adapter stands behind which port.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration as StdDuration;

use cotenant_api::{Limits, Rates};
use cotenant_domain::Deps;
use cotenant_domain::deps::Policy;
use cotenant_domain::limits::RateLimiter;
use cotenant_domain::shared::Clock;
use cotenant_infrastructure::signing_keys::KeyRing;
use cotenant_infrastructure::{
    Argon2Hasher, DatabaseOptions, HashingCost, JwtTokens, OsChance, OsSecrets, ProcessLimiter, ProcessThrottle,
    ScopedDatabase, SeaDatabase, SharedLimiter, SystemClock, ThrottleLimits, UuidV7, WALLS, ZxcvbnScreen,
};
use secrecy::ExposeSecret;
use time::Duration;

use crate::cache::cache;
use crate::config::{Auth, Config, Limits as LimitSettings};
use crate::failure::Failure;
use crate::mail;

/// How long a sign-in waits for its turn to hash.
const HASHING_PATIENCE: StdDuration = StdDuration::from_secs(10);

/// Opens the database; nothing is connected before it is needed.
pub(crate) fn database(config: &Config) -> Result<ScopedDatabase, Failure> {
    let options = DatabaseOptions {
        url: config.database.url.expose_secret().to_owned(),
        max_connections: config.database.max_connections,
        acquire_timeout: StdDuration::from_millis(config.database.acquire_timeout_ms),
        statement_timeout: StdDuration::from_millis(config.database.statement_timeout_ms),
        slow: StdDuration::from_millis(config.database.slow_query_ms),
        generic_plans: config.database.generic_plans,
        walls: WALLS.to_vec(),
    };
    ScopedDatabase::connect(&options).map_err(|e| Failure::Scoped(e.into()))
}

/// The keys that sign tokens.
///
/// # Errors
///
/// None is configured, or their file cannot be read.
pub fn keys(config: &Config) -> Result<Arc<KeyRing>, Failure> {
    let keys = match &config.auth.key_file {
        Some(file) => KeyRing::of_file(file)?,
        None => KeyRing::of_secret(config.signing_key()?),
    };
    Ok(Arc::new(keys))
}

/// Everything the use cases reach the world through.
///
/// # Errors
///
/// Hashing parameters that the algorithm refuses.
pub fn deps(config: &Config, database: &ScopedDatabase, keys: Arc<KeyRing>) -> Result<Deps, Failure> {
    let db = Arc::new(SeaDatabase::new(database.clone()));
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(UuidV7));
    let tokens = Arc::new(JwtTokens::new(keys, &config.auth.issuer));
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    let passwords = Argon2Hasher::new(HashingCost {
        memory_kib: config.auth.argon2_memory_kib,
        iterations: config.auth.argon2_iterations,
        parallelism: config.auth.argon2_parallelism,
        // Half of the cores by default, so that a flood of sign-ins leaves the other half to everybody else.
        permits: if config.auth.hashing_permits == 0 { (cores / 2).max(1) } else { config.auth.hashing_permits },
        queue: config.auth.hashing_queue,
        patience: HASHING_PATIENCE,
    })?;
    let throttle = Arc::new(ProcessThrottle::new(throttle_limits(&config.auth), clock.clone()));
    let mailer = mail::mailer(&config.mail, clock.clone(), ids.clone())?;
    Ok(Deps {
        access: db.clone(),
        db,
        cache: cache(&config.cache, clock.clone())?,
        clock: clock.clone(),
        ids,
        chance: Arc::new(OsChance),
        secrets: Arc::new(OsSecrets),
        passwords: Arc::new(passwords),
        screen: Arc::new(ZxcvbnScreen),
        throttle,
        plans: Arc::new(config.plans().ok_or(Failure::Plans)?),
        limiter: limiter(&config.limits, clock.clone())?,
        issuer: tokens.clone(),
        verifier: tokens,
        mailer,
        policy: Policy {
            access_token: access_token(config),
            session: Duration::hours(config.auth.session_hours.into()),
            session_idle: Duration::hours(config.auth.session_idle_hours.into()),
            refresh_grace: seconds(config.auth.refresh_grace_seconds),
            address_change: Duration::hours(config.auth.address_change_hours.into()),
            invitation: Duration::hours(config.invitations.expires_hours.into()),
            password_reset: Duration::minutes(config.auth.password_reset_minutes.into()),
            retention: Duration::days(config.retention.deleted_days.into()),
        },
    })
}

/// How many attempts pass before waits begin.
fn throttle_limits(auth: &Auth) -> ThrottleLimits {
    ThrottleLimits {
        pair: auth.attempts_at_account,
        client: auth.attempts_of_client,
        account: auth.attempts_of_strangers,
        messages: auth.messages_at_address,
    }
}

/// Where requests are counted.
fn limiter(settings: &LimitSettings, clock: Arc<dyn Clock>) -> Result<Arc<dyn RateLimiter>, Failure> {
    let Some(url) = &settings.redis_url else {
        return Ok(Arc::new(ProcessLimiter::new(clock)));
    };
    let patience = StdDuration::from_millis(settings.redis_timeout_ms);
    let limiter = SharedLimiter::in_redis(url.expose_secret(), patience, clock);
    Ok(Arc::new(limiter.map_err(Failure::Limits)?))
}

/// How much is served to whom.
pub(crate) fn rate_limits(settings: &LimitSettings) -> Limits {
    let s = settings;
    if !s.enabled {
        return Limits::default();
    }
    Limits {
        tenant: Rates { read: s.tenant_read, write: s.tenant_write, secret: s.tenant_secret, export: s.tenant_export },
        person: Rates { read: s.person_read, write: s.person_write, secret: s.person_secret, export: s.person_export },
        key: Rates { read: s.key_read, write: s.key_write, secret: s.key_secret, export: s.key_export },
        client: Rates { read: s.client_read, write: s.client_write, secret: s.client_secret, export: s.client_export },
    }
}

/// How long an access token lives.
pub(crate) fn access_token(config: &Config) -> Duration {
    seconds(config.auth.access_token_seconds)
}

fn seconds(seconds: u64) -> Duration {
    Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use cotenant_domain::identity::{Attempt, SignInThrottle};
    use time::OffsetDateTime;

    use super::*;
    use crate::config::Sources;

    /// No time passes, so that nothing that waits is let through.
    struct Still;

    impl Clock for Still {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }
    }

    /// A throttle as it is wired, with a limit of its own for each lane.
    fn throttle() -> ProcessThrottle {
        let settings = [
            ("ATTEMPTS_AT_ACCOUNT", "2"),
            ("ATTEMPTS_OF_CLIENT", "5"),
            ("ATTEMPTS_OF_STRANGERS", "7"),
            ("MESSAGES_AT_ADDRESS", "3"),
        ];
        let sources = Sources::default().with("COTENANT_ENV", "test");
        let set = |sources: Sources, (name, value)| sources.with(format!("COTENANT__AUTH__{name}"), value);
        let config = Config::load(&settings.into_iter().fold(sources, set)).unwrap();
        ProcessThrottle::new(throttle_limits(&config.auth), Arc::new(Still))
    }

    /// How many in turn are taken, of those for the nth account from the nth client.
    async fn taken(places: impl Fn(usize) -> (usize, usize), messages: bool) -> usize {
        let throttle = throttle();
        for n in 0..100 {
            let (account, client) = places(n);
            let (email, address) = (format!("a{account}@duka.example").parse().unwrap(), format!("192.0.2.{client}"));
            let who = Attempt { email: &email, address: Some(&address) };
            let is_taken = if messages { throttle.message(who).await } else { throttle.attempt(who).await.is_ok() };
            if !is_taken {
                return n;
            }
        }
        100
    }

    #[tokio::test]
    async fn each_lane_has_the_limit_that_its_setting_names() {
        assert_eq!(taken(|_| (0, 0), false).await, 2, "one account from one client");
        assert_eq!(taken(|n| (n, 0), false).await, 5, "one client, for whatever accounts");
        assert_eq!(taken(|n| (0, n), false).await, 7, "one account, from whatever clients");
        assert_eq!(taken(|n| (0, n), true).await, 3, "messages to one address");
    }
}
