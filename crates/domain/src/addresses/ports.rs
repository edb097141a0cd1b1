use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::{AddressChange, AddressChangeId, Mailbox};
use crate::identity::UserId;
use crate::shared::RepositoryError;

/// Reads and writes changes of addresses that are under way.
#[async_trait]
pub trait AddressChangeRepository: Send + Sync {
    /// Adds one that was asked for.
    async fn insert(&self, change: &AddressChange) -> Result<(), RepositoryError>;
    /// The change with this id.
    async fn find(&self, id: AddressChangeId) -> Result<Option<AddressChange>, RepositoryError>;
    /// The change one of whose tokens has this hash, and of which mailbox it is.
    async fn find_by_token(&self, hash: &[u8; 32]) -> Result<Option<(AddressChange, Mailbox)>, RepositoryError>;
    /// Notes what is sent to a mailbox; [`RepositoryError::Stale`] where the change is gone.
    async fn issue(&self, id: AddressChangeId, to: Mailbox, token_hash: &[u8; 32]) -> Result<(), RepositoryError>;
    /// Notes that a mailbox was shown; [`RepositoryError::Stale`] where the change is gone.
    async fn show(&self, id: AddressChangeId, of: Mailbox, at: OffsetDateTime) -> Result<(), RepositoryError>;
    /// Takes all of the person's away: their tokens open nothing from then on.
    async fn void(&self, user: UserId) -> Result<(), RepositoryError>;
    /// Takes all away that have run out at `now`.
    async fn sweep(&self, now: OffsetDateTime) -> Result<(), RepositoryError>;
}
