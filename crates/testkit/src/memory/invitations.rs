use async_trait::async_trait;
use cotenant_domain::invitations::{
    INVITATION_ID_UNIQUE, Invitation, InvitationFilter, InvitationId, InvitationReader, InvitationRepository,
};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::Version;

use super::paging::page;
use super::state::conflict;
use super::unit::TenantWork;

fn is_live(invitation: &&Invitation) -> bool {
    invitation.base.deletion.is_none()
}

#[async_trait]
impl InvitationReader for TenantWork {
    async fn find(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError> {
        self.look(|room| room.invitations.get(&id).filter(is_live).cloned())
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<Invitation>, RepositoryError> {
        self.look(|room| {
            let mut live = room.invitations.values().filter(is_live);
            live.find(|invitation| invitation.token_hash.as_ref() == Some(hash)).cloned()
        })
    }

    async fn list(
        &self,
        filter: &InvitationFilter,
        request: &PageRequest<()>,
    ) -> Result<Page<Invitation>, RepositoryError> {
        self.look(|room| {
            let wanted = |row: &&Invitation| filter.status.is_none_or(|status| status == row.status);
            page(room.invitations.values().filter(is_live).filter(wanted), request, |row| Position {
                value: SortValue::Id,
                id: row.base.id.as_uuid(),
            })
        })
    }
}

#[async_trait]
impl InvitationRepository for TenantWork {
    async fn lock(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError> {
        InvitationReader::find(self, id).await
    }

    async fn insert(&self, invitation: &Invitation) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(invitation.base.tenant_id, None)?;
            if room.invitations.contains_key(&invitation.base.id) {
                return conflict(INVITATION_ID_UNIQUE);
            }
            room.invitations.insert(invitation.base.id, invitation.clone());
            Ok(())
        })
    }

    async fn update(&self, invitation: &Invitation, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(invitation.base.tenant_id, None)?;
            let row = room.invitations.get_mut(&invitation.base.id);
            let row = row.filter(|row| row.base.deletion.is_none() && row.base.version == expected);
            let row = row.ok_or(RepositoryError::Stale)?;
            row.status = invitation.status;
            row.token_hash = invitation.token_hash;
            row.expires_at = invitation.expires_at;
            row.base.updated_at = invitation.base.updated_at;
            row.base.version = invitation.base.version;
            Ok(())
        })
    }
}
