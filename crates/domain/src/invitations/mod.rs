//! Invitations: how people come into a tenant.
//!
//! An invitation is bound to an address and creates nothing until somebody who reads that mailbox accepts it. Several may be
//! open for the same address; each is consumed alone. Its secret is minted when the message goes out, so that none
//! waits in a queue.

mod accept;
mod error;
mod invite;
mod join;
mod list;
mod model;
mod offer;
mod ports;
mod send;
mod withdraw;

pub use accept::{Accept, AcceptBy, Accepted, accept};
pub use error::{AcceptError, InvitationError};
pub use invite::{Invite, MOST_ROLES, invite};
pub use list::{ListInvitations, list};
pub use model::{Invitation, InvitationId, InvitationStatus, InvitationToken, StoreRole};
pub use ports::{INVITATION_ID_UNIQUE, InvitationFilter, InvitationReader, InvitationRepository};
pub(crate) use send::sending;
pub use send::{InvitationToSend, SendInvitation};
pub use withdraw::withdraw;
