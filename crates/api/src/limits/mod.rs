//! Holding back who asks too often, before the database is touched.
//!
//! # Why a token is enough
//!
//! An access token says whose it is, and its signature that this is true; so a member is counted against their tenant and
//! themselves with nothing looked up. A key or a grant's token has no signature. Until this process has seen that one is good,
//! which costs a look-up, it is counted like a stranger's, by the address: who makes up keys uses up their own requests and
//! nobody's tenant's. The same becomes of a token that is good no more, once this process has refused it: a key that leaked
//! and was revoked uses up nothing of the tenant that revoked it.

mod count;
mod fields;
mod known;
mod plans;
mod rates;
mod refused;

pub(crate) use count::{count, tell};
pub(crate) use known::learn;
pub(crate) use plans::RecentPlans;
pub use rates::{Limits, Rates, RouteClass};
pub(crate) use refused::RefusedTokens;
