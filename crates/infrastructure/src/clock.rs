//! The present moment, fresh ids and fresh secrets, from the operating system.

use cotenant_domain::shared::{Chance, Clock, IdSource, SecretBytes, SecretSource, whole_microseconds};
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

/// An instant in microseconds of Unix time.
pub(crate) fn microseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
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

/// Chance from the operating system. Where it gives none, there is none: waits are longer then, and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsChance;

impl Chance for OsChance {
    fn below(&self, n: u32) -> u32 {
        let drawn = SysRng.try_next_u64().unwrap_or(0);
        // Fixed point: 64 random bits as a part of one, times n.
        u32::try_from((u128::from(drawn) * u128::from(n)) >> 64).unwrap_or(0)
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
