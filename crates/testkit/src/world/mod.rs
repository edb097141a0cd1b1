//! A world to test in: the adapters, the fakes, and people who came in through the front door.
//!
//! # Why everybody signs in
//!
//! An actor is proof that somebody was verified, and only the domain makes one. So the fixtures bootstrap, invite, accept
//! and sign in as people do; what a test reaches that way, a request can reach too.

#![expect(clippy::unwrap_used, reason = "fixtures are test code: a use case that fails here ends the test")]

mod people;
mod rows;
mod things;

use std::sync::Arc;

use cotenant_domain::Deps;
use cotenant_domain::bootstrap::{Bootstrap, bootstrap};
use cotenant_domain::deps::Policy;
use cotenant_domain::plans::{Plan, Plans, Quotas};
use cotenant_domain::tenancy::{AccessReader, Origin};
use cotenant_domain::uow::Database;
use secrecy::SecretString;
use time::Duration;

use crate::fakes::{
    CountingIds, CountingSecrets, FixedClock, MemoryCache, MemoryLimiter, MemoryMailer, NoChance, PlainHasher,
    PlainTokens, ToldThrottle, WordScreen,
};
use crate::memory::MemoryDatabase;

pub use people::WORKER;

/// The address of the first operator, who owns the first tenant.
pub const OPERATOR: &str = "operator@cotenant.example";
/// The slug of the first tenant.
pub const FIRST_TENANT: &str = "acme";
/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// The two ports of stored data; everything else in a world is a fake.
#[derive(Clone)]
pub struct Adapters {
    /// Stored data, migrated and empty.
    pub db: Arc<dyn Database>,
    /// Access to the same data.
    pub access: Arc<dyn AccessReader>,
}

impl Adapters {
    /// Adapters in memory.
    pub fn in_memory() -> Self {
        Self::over(MemoryDatabase::new())
    }

    /// The adapters of a database that implements both ports.
    pub fn over<D: Database + AccessReader + 'static>(database: D) -> Self {
        let shared = Arc::new(database);
        Self { db: shared.clone(), access: shared }
    }
}

/// Everything that use cases need, and hands on those parts that a test turns.
#[derive(Clone)]
pub struct World {
    /// What use cases are called with.
    pub deps: Deps,
    /// Turns the time.
    pub clock: Arc<FixedClock>,
    /// Counts hashes.
    pub hasher: Arc<PlainHasher>,
    /// Knows what was tried.
    pub throttle: Arc<ToldThrottle>,
    /// Knows who was counted.
    pub limiter: Arc<MemoryLimiter>,
    /// Knows the messages.
    pub mailer: Arc<MemoryMailer>,
    /// Knows what is kept.
    pub cache: MemoryCache,
}

impl World {
    /// A world over these adapters in which nothing has happened.
    pub fn empty(adapters: Adapters) -> Self {
        let (clock, hasher) = (Arc::new(FixedClock::new()), Arc::new(PlainHasher::new()));
        let (mailer, tokens) = (Arc::new(MemoryMailer::new()), Arc::new(PlainTokens::new()));
        let (throttle, cache) = (Arc::new(ToldThrottle::new()), MemoryCache::new());
        let limiter = Arc::new(MemoryLimiter::new(clock.clone()));
        let policy = Policy {
            access_token: Duration::hours(1),
            session: Duration::days(30),
            session_idle: Duration::days(7),
            refresh_grace: Duration::seconds(30),
            invitation: Duration::days(7),
            address_change: Duration::hours(24),
            password_reset: Duration::minutes(30),
            retention: Duration::days(30),
        };
        let deps = Deps {
            db: adapters.db,
            cache: Arc::new(cache.clone()),
            access: adapters.access,
            clock: clock.clone(),
            ids: Arc::new(CountingIds::new()),
            chance: Arc::new(NoChance),
            secrets: Arc::new(CountingSecrets::new()),
            passwords: hasher.clone(),
            screen: Arc::new(WordScreen),
            throttle: throttle.clone(),
            limiter: limiter.clone(),
            issuer: tokens.clone(),
            verifier: tokens,
            mailer: mailer.clone(),
            plans: Arc::new(plans()),
            policy,
        };
        Self { deps, clock, hasher, throttle, limiter, mailer, cache }
    }

    /// A world in memory with the first operator, the first tenant and its owner.
    pub async fn bootstrap() -> Self {
        Self::bootstrap_over(Adapters::in_memory()).await
    }

    /// A world over these adapters with the first operator, the first tenant and its owner.
    pub async fn bootstrap_over(adapters: Adapters) -> Self {
        let world = Self::empty(adapters);
        let secret = SecretString::from("the secret of the beginning");
        bootstrap(&world.deps, Origin::default(), Some(&secret), &secret, first_tenant()).await.unwrap();
        world
    }
}

/// The plans of a world: `standard`, which bounds nothing and is everybody's unless an operator says otherwise, and `free`,
/// with a fifth of the rates, two stores, two members and one service account.
pub fn plans() -> Plans {
    let [standard, free] = ["standard", "free"].map(|name| Plan::open(name.parse().unwrap()));
    let quotas = Quotas { stores: Some(2), members: Some(2), service_accounts: Some(1) };
    let free = Plan { rate_percent: 20, quotas, ..free };
    Plans::new(&standard.name.clone(), vec![standard, free]).unwrap()
}

/// What [`World::bootstrap`] begins with.
pub fn first_tenant() -> Bootstrap {
    Bootstrap {
        email: OPERATOR.parse().unwrap(),
        password: PASSWORD.into(),
        display_name: "Olu Adeyemi".parse().unwrap(),
        tenant_name: "Acme".parse().unwrap(),
        tenant_slug: FIRST_TENANT.parse().unwrap(),
    }
}
