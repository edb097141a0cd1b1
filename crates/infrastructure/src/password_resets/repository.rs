use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::password_resets::{IssuedReset, PasswordReset, PasswordResetId, PasswordResetRepository};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::Filter;
use time::OffsetDateTime;

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::unit::SeaPersonUnit;

fn reset(row: Model) -> Result<PasswordReset, RepositoryError> {
    let issued = match (row.user_id, row.token_hash) {
        (Some(user), Some(hash)) => {
            let token_hash = hash.try_into().map_err(|_| corrupt("password_resets.token_hash"))?;
            Some(IssuedReset { user_id: Id::new(user), token_hash })
        }
        _ => None,
    };
    Ok(PasswordReset {
        id: Id::new(row.id),
        email: parsed("password_resets.email", &row.email)?,
        requested_at: row.requested_at,
        expires_at: row.expires_at,
        issued,
    })
}

impl SeaPersonUnit {
    async fn reset(&self, this: Filter<Entity>) -> Result<Option<PasswordReset>, RepositoryError> {
        let found = self.tx.lock().await.find::<Entity>().filter(this).one().await;
        found.map_err(repository)?.map(reset).transpose()
    }

    async fn take_away(&self, these: Filter<Entity>) -> Result<(), RepositoryError> {
        self.tx.lock().await.revoke::<Entity>(these).await.map_err(repository).map(|_| ())
    }
}

#[async_trait]
impl PasswordResetRepository for SeaPersonUnit {
    async fn insert(&self, reset: &PasswordReset) -> Result<(), RepositoryError> {
        let row = Model {
            id: reset.id.as_uuid(),
            email: reset.email.to_string(),
            requested_at: reset.requested_at,
            expires_at: reset.expires_at,
            user_id: reset.issued.map(|issued| issued.user_id.as_uuid()),
            token_hash: reset.issued.map(|issued| issued.token_hash.to_vec()),
        };
        self.tx.lock().await.insert::<Entity>(row).await.map_err(repository)
    }

    async fn find(&self, id: PasswordResetId) -> Result<Option<PasswordReset>, RepositoryError> {
        self.reset(Filter::eq(Column::Id, id.as_uuid())).await
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<PasswordReset>, RepositoryError> {
        self.reset(Filter::eq(Column::TokenHash, hash.to_vec())).await
    }

    async fn issue(
        &self,
        id: PasswordResetId,
        issued: &IssuedReset,
        expires_at: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let tx = self.tx.lock().await;
        let change = tx.update::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid()));
        let change = change
            .set(Column::UserId, issued.user_id.as_uuid())
            .set(Column::TokenHash, issued.token_hash.to_vec())
            .set(Column::ExpiresAt, expires_at);
        met(change.execute().await.map_err(repository)?)
    }

    async fn void(&self, user: UserId, kept: Option<PasswordResetId>) -> Result<(), RepositoryError> {
        let theirs = Filter::eq(Column::UserId, user.as_uuid());
        let others = kept.map(|kept| Filter::ne(Column::Id, kept.as_uuid()));
        self.take_away(Filter::all([theirs].into_iter().chain(others))).await
    }

    async fn remove(&self, id: PasswordResetId) -> Result<(), RepositoryError> {
        self.take_away(Filter::eq(Column::Id, id.as_uuid())).await
    }

    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.take_away(Filter::lte(Column::ExpiresAt, now)).await
    }
}
