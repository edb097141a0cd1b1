//! Where the counts of rate limits are kept: in this process, or in Redis together with other processes.

mod process;
mod redis;
mod shard;
mod shared;

pub use process::ProcessLimiter;
pub use shared::SharedLimiter;

use time::OffsetDateTime;

/// An instant in microseconds of Unix time.
fn microseconds(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or_default()
}
