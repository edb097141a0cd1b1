//! How fast somebody may ask: rates, the count against them, and the port behind which counts are kept.
//!
//! # Why it is here
//!
//! No rule of the business depends on it. But adapters know this crate and not the edge, the arithmetic is pure, and what an
//! internal team sends out from a job (webhooks, messages) has to be held back by the same counts as what comes in over HTTP.
//! Which rates there are, and who is counted against which, is the edge's own matter.

mod error;
mod model;
mod ports;
mod rate;

pub use error::RateLimited;
pub use model::{Charge, Counted, LimitKey, Policy};
pub use ports::RateLimiter;
pub use rate::{Level, Rate};
