use async_trait::async_trait;

use super::model::{Invitation, InvitationId, InvitationStatus};
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::Version;

/// The rule that invitation ids are unique in their tenant.
pub const INVITATION_ID_UNIQUE: &str = "invitations_id_unique";

/// Which invitations a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitationFilter {
    /// Only those in this status.
    pub status: Option<InvitationStatus>,
}

/// Reads invitations within a scope.
#[async_trait]
pub trait InvitationReader: Send + Sync {
    /// The invitation with this id.
    async fn find(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError>;
    /// The invitation whose last sent secret has this hash.
    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<Invitation>, RepositoryError>;
    /// One page of invitations by id.
    async fn list(
        &self,
        filter: &InvitationFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<Invitation>, RepositoryError>;
}

/// Reads and writes invitations within a scope.
#[async_trait]
pub trait InvitationRepository: InvitationReader {
    /// The invitation, locked until the unit ends: the worker that sends it and those who withdraw it take turns.
    async fn lock(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError>;
    /// Adds an invitation.
    async fn insert(&self, invitation: &Invitation) -> Result<(), RepositoryError>;
    /// Writes status, token hash and expiry if the stored version is still `expected`; [`RepositoryError::Stale`]
    /// otherwise. Of two acceptances at once, one is stale.
    async fn update(&self, invitation: &Invitation, expected: Version) -> Result<(), RepositoryError>;
}
