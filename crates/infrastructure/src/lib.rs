//! Adapters: the domain's ports over SeaORM behind the tenant filter, Argon2, JWT, files and the operating system.

#![expect(unreachable_pub, reason = "SeaORM's derives want public entities; the private modules keep them in")]

mod access;
mod addresses;
mod audit;
mod cache;
mod clock;
pub mod doctor;
mod error;
mod idempotency;
mod identity;
mod invitations;
mod jobs;
mod limits;
mod mail;
mod members;
mod paging;
mod password_resets;
mod passwords;
mod platform;
mod products;
mod redis;
mod roles;
mod services;
pub mod signing_keys;
mod stores;
mod support;
mod tables;
mod tenants;
mod throttle;
mod tokens;
mod unit;

pub use cache::{InvalidRedis, NoCache, RedisOptions, ValueCache};
pub use clock::{OsChance, OsSecrets, SystemClock, UuidV7};
pub use cotenant_scoped::{Database as ScopedDatabase, Meter, Options as DatabaseOptions};
pub use limits::{ProcessLimiter, SharedLimiter};
pub use mail::{
    Composer, ComposerError, Encryption, FileMailer, Letterhead, NoMailer, SmtpMailer, SmtpOptions, SmtpSetupError,
};
pub use passwords::{Argon2Hasher, HashingCost, ZxcvbnScreen};
pub use tables::{Declared, WALLS, tables};
pub use throttle::{ProcessThrottle, ThrottleLimits};
pub use tokens::JwtTokens;
pub use unit::SeaDatabase;
