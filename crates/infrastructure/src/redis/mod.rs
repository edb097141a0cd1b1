//! What several processes share in Redis: the connection to it, and what to do while it is away.

mod connect;
mod presence;

pub(crate) use connect::connect;
pub use presence::Away;
pub(crate) use presence::{Presence, Words};
