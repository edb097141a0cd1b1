use async_trait::async_trait;
use time::OffsetDateTime;

use crate::shared::RepositoryError;

/// The rule that there is one bootstrap.
pub const BOOTSTRAP_UNIQUE: &str = "bootstrap_singleton_unique";

/// Knows whether the beginning has happened.
#[async_trait]
pub trait BootstrapRepository: Send + Sync {
    /// Whether it has.
    async fn is_done(&self) -> Result<bool, RepositoryError>;
    /// Claims it: the second claim, at the same time or ever after, is a [`RepositoryError::Conflict`] on
    /// [`BOOTSTRAP_UNIQUE`].
    async fn claim(&self, now: OffsetDateTime) -> Result<(), RepositoryError>;
}
