//! Members: people in a tenant, and the roles they hold there.

mod change;
mod error;
mod grant;
mod list;
mod model;
mod ports;
mod remove;
mod revoke;
mod rules;
mod view;

pub use change::{ChangeMember, NewStatus, change};
pub use error::MemberError;
pub use grant::grant;
pub use list::{ListMembers, list};
pub use model::{Member, Membership, MembershipStatus, RoleGrant};
pub use ports::{MemberFilter, MemberReader, MemberRepository, MemberSort};
pub use remove::remove;
pub use revoke::revoke;
pub use view::view;
