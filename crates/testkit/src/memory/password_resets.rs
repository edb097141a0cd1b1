use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::password_resets::{IssuedReset, PasswordReset, PasswordResetId, PasswordResetRepository};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::conflict;
use super::unit::PeopleWork;

/// The rule that ids of resets are unique.
const PASSWORD_RESET_ID_UNIQUE: &str = "password_resets_id_unique";

#[async_trait]
impl PasswordResetRepository for PeopleWork {
    async fn insert(&self, reset: &PasswordReset) -> Result<(), RepositoryError> {
        self.work.change(|state| match state.password_resets.insert(reset.id, reset.clone()) {
            Some(_) => conflict(PASSWORD_RESET_ID_UNIQUE),
            None => Ok(()),
        })
    }

    async fn find(&self, id: PasswordResetId) -> Result<Option<PasswordReset>, RepositoryError> {
        self.work.read(|state| state.password_resets.get(&id).cloned())
    }

    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<PasswordReset>, RepositoryError> {
        self.work.read(|state| {
            let of = |reset: &&PasswordReset| reset.issued.is_some_and(|issued| issued.token_hash == *hash);
            state.password_resets.values().find(of).cloned()
        })
    }

    async fn issue(
        &self,
        id: PasswordResetId,
        issued: &IssuedReset,
        expires_at: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if !state.people.contains_key(&issued.user_id) {
                return Err(RepositoryError::MissingReference);
            }
            let reset = state.password_resets.get_mut(&id).ok_or(RepositoryError::Stale)?;
            (reset.issued, reset.expires_at) = (Some(*issued), expires_at);
            Ok(())
        })
    }

    async fn void(&self, user: UserId, kept: Option<PasswordResetId>) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            let theirs = |reset: &PasswordReset| reset.issued.is_some_and(|issued| issued.user_id == user);
            state.password_resets.retain(|id, reset| Some(*id) == kept || !theirs(reset));
            Ok(())
        })
    }

    async fn remove(&self, id: PasswordResetId) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            state.password_resets.remove(&id);
            Ok(())
        })
    }

    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            state.password_resets.retain(|_, reset| now < reset.expires_at);
            Ok(())
        })
    }
}
