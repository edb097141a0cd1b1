//! The rest of the world: time, ids, secrets, passwords, tokens and mail, all of them predictable.

mod cache;
mod chance;
mod clock;
mod hasher;
mod ids;
mod limiter;
mod mailer;
mod screen;
mod secrets;
mod throttle;
mod tokens;

pub use cache::MemoryCache;
pub use chance::NoChance;
pub use clock::FixedClock;
pub use hasher::PlainHasher;
pub use ids::CountingIds;
pub use limiter::MemoryLimiter;
pub use mailer::MemoryMailer;
pub use screen::WordScreen;
pub use secrets::CountingSecrets;
pub use throttle::{Told, ToldThrottle};
pub use tokens::PlainTokens;

/// A mutex's value; see the memory database for why poison does not matter.
fn hold<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
