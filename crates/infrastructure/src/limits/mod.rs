//! Where the counts of rate limits are kept: in this process, or in Redis together with other processes.

mod process;
mod redis;
mod shard;
mod shared;

pub use process::ProcessLimiter;
pub use shared::SharedLimiter;
