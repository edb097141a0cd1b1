//! What a tenant has agreed upon: how much of everything it may have, and how fast it may ask.
//!
//! # Why quotas are counted and not kept
//!
//! A number beside the rows would be read with one statement less, and would be wrong after the first restore, purge or repair
//! that forgot it. The rows themselves are counted, under a lock on the tenant's record, and only where a plan bounds them.

mod model;
mod quota;
mod usage;

pub use model::{Plan, Plans, Quotas, Resource};
pub use quota::QuotaExceeded;
pub(crate) use quota::{make_room, there_is_room};
pub use usage::{Usage, usage};

pub use crate::shared::PlanName;
