use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{IssuedReset, PasswordReset, PasswordResetId};
use crate::identity::UserId;
use crate::shared::RepositoryError;

/// Reads and writes resets.
#[async_trait]
pub trait PasswordResetRepository: Send + Sync {
    /// Adds one that was asked for.
    async fn insert(&self, reset: &PasswordReset) -> Result<(), RepositoryError>;
    /// The reset with this id.
    async fn find(&self, id: PasswordResetId) -> Result<Option<PasswordReset>, RepositoryError>;
    /// The reset whose token has this hash.
    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<PasswordReset>, RepositoryError>;
    /// Notes what is sent, and until when it is worth anything; [`RepositoryError::Stale`] where the reset is gone.
    async fn issue(
        &self,
        id: PasswordResetId,
        issued: &IssuedReset,
        expires_at: OffsetDateTime,
    ) -> Result<(), RepositoryError>;
    /// Takes away those that were sent to the person, but for `kept`: their tokens open nothing from then on.
    async fn void(&self, user: UserId, kept: Option<PasswordResetId>) -> Result<(), RepositoryError>;
    /// Takes this one away.
    async fn remove(&self, id: PasswordResetId) -> Result<(), RepositoryError>;
    /// Takes all away that have run out at `now`.
    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError>;
}
