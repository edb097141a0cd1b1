//! What happens under trouble: requests that are given up midway, a pool of one connection, a database that goes away, the
//! end of the process, a flood of sign-ins, and requests that race for the same thing.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod database_away;
mod flood;
mod keys;
mod pool_of_one;
mod races;
mod stopping;
mod storm;
