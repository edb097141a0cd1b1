//! The database's own wall: what holds when everything above it errs.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's set-up that fails ends the test")]
#![expect(unreachable_pub, reason = "SeaORM's derives want public entities")]

mod catalogue;
mod forging;
mod golden;
mod pool;
mod raw;
mod wrapper;
