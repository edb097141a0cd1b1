use async_trait::async_trait;
use cotenant_domain::invitations::{
    Invitation, InvitationFilter, InvitationId, InvitationReader, InvitationRepository, InvitationStatus,
};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::{Base, TenantBase, Version};
use cotenant_scoped::{Filter, Mode, Writing};

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<Invitation, RepositoryError> {
    Ok(Invitation {
        base: TenantBase {
            base: Base {
                id: Id::new(row.id),
                created_at: row.created_at,
                updated_at: row.updated_at,
                version: row.version,
            },
            tenant_id: Id::new(row.tenant_id),
            deletion: None,
        },
        email: parsed("invitations.email", &row.email)?,
        status: InvitationStatus::parse(&row.status).ok_or(corrupt("invitations.status"))?,
        expires_at: row.expires_at,
        invited_by: row.invited_by.map(Id::new),
        role_ids: serde_json::from_str(&row.role_ids).map_err(|_| corrupt("invitations.role_ids"))?,
        store_roles: serde_json::from_str(&row.store_roles).map_err(|_| corrupt("invitations.store_roles"))?,
        token_hash: match row.token_hash {
            Some(hash) => Some(hash.try_into().map_err(|_| corrupt("invitations.token_hash"))?),
            None => None,
        },
    })
}

fn row(invitation: &Invitation) -> Result<Model, RepositoryError> {
    let failed = |error: serde_json::Error| RepositoryError::Failed(error.into());
    Ok(Model {
        tenant_id: invitation.base.tenant_id.as_uuid(),
        id: invitation.base.id.as_uuid(),
        email: invitation.email.to_string(),
        email_key: invitation.email.key(),
        status: invitation.status.as_str().into(),
        expires_at: invitation.expires_at,
        invited_by: invitation.invited_by.map(|user| user.as_uuid()),
        role_ids: serde_json::to_string(&invitation.role_ids).map_err(failed)?,
        store_roles: serde_json::to_string(&invitation.store_roles).map_err(failed)?,
        token_hash: invitation.token_hash.map(Vec::from),
        created_at: invitation.base.created_at,
        updated_at: invitation.base.updated_at,
        version: invitation.base.version,
    })
}

#[async_trait]
impl<M: Mode> InvitationReader for TenantUnit<M> {
    async fn find(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<Invitation>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::TokenHash, hash.to_vec())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(
        &self,
        filter: &InvitationFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<Invitation>, RepositoryError> {
        let mut find = self.tx.find::<Entity>();
        if let Some(status) = filter.status {
            find = find.filter(Filter::eq(Column::Status, status.as_str()));
        }
        let rows = paged(find, page, None, Column::Id)?.all().await.map_err(repository)?;
        let invitations = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(invitations, page.limit, |invitation| Position {
            value: SortValue::Id,
            id: invitation.base.id.as_uuid(),
        }))
    }
}

#[async_trait]
impl InvitationRepository for TenantUnit<Writing> {
    async fn lock(&self, id: InvitationId) -> Result<Option<Invitation>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).lock().one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn insert(&self, invitation: &Invitation) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(invitation)?).await.map_err(repository)
    }

    async fn update(&self, invitation: &Invitation, expected: Version) -> Result<(), RepositoryError> {
        let row = row(invitation)?;
        let which = [Filter::eq(Column::Id, row.id), Filter::eq(Column::Version, expected)];
        let change = self
            .tx
            .update::<Entity>()
            .filter(Filter::all(which))
            .set(Column::Status, row.status)
            .set(Column::TokenHash, row.token_hash)
            .set(Column::ExpiresAt, row.expires_at)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version);
        met(change.execute().await.map_err(repository)?)
    }
}
