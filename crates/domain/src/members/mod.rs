//! Members: people in a tenant, and the roles they hold there.

mod model;
mod ports;

pub use model::{Member, Membership, MembershipStatus, RoleGrant};
pub use ports::{MemberFilter, MemberReader, MemberRepository, MemberSort};
