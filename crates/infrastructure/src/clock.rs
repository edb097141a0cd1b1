//! The present moment, fresh ids and fresh secrets, from the operating system.

use cotenant_domain::shared::{Clock, IdSource, SecretBytes, SecretSource, whole_microseconds};
use rand::TryRng;
use rand::rngs::SysRng;
use time::OffsetDateTime;
use uuid::Uuid;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is handed")]
    fn now(&self) -> OffsetDateTime {
        whole_microseconds(OffsetDateTime::now_utc())
    }
}

/// UUIDv7 (RFC 9562): ordered by time, so that new rows lie together in the indexes.
#[derive(Debug, Clone, Copy, Default)]
pub struct UuidV7;

impl IdSource for UuidV7 {
    #[expect(clippy::disallowed_methods, reason = "this is the source of ids that everybody else is handed")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's generator (ASVS 11.5.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsSecrets;

impl SecretSource for OsSecrets {
    #[expect(clippy::panic, reason = "without randomness no secret may be handed out, and nothing can go on")]
    fn next(&self) -> SecretBytes {
        let mut bytes = [0; 32];
        if SysRng.try_fill_bytes(&mut bytes).is_err() {
            panic!("the operating system gives no random bytes");
        }
        SecretBytes::new(bytes)
    }
}
