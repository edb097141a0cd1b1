//! Invitations: how people come into a tenant.

mod model;
mod ports;

pub use model::{Invitation, InvitationId, InvitationStatus, InvitationToken, StoreRole};
pub use ports::{InvitationFilter, InvitationReader, InvitationRepository};
