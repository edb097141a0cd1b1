use async_trait::async_trait;
use time::OffsetDateTime;

use super::answer::{Answer, Stored};
use super::errand::ErrandId;
use super::fingerprint::Fingerprint;
use crate::shared::RepositoryError;

/// Keeps answers under the keys of requests: a tenant's in its own table, operators' in the platform's.
#[async_trait]
pub trait AnswerRepository: Send + Sync {
    /// Claims a key for a request made at `at`, or gives what is stored under it. It waits for a unit that has claimed it and
    /// goes on; what was stored before `expired` counts no more.
    async fn claim(
        &self,
        id: &ErrandId,
        fingerprint: Fingerprint,
        at: OffsetDateTime,
        expired: OffsetDateTime,
    ) -> Result<Option<Stored>, RepositoryError>;
    /// Keeps the answer under a key that this unit has claimed.
    async fn keep(&self, id: &ErrandId, answer: &Answer) -> Result<(), RepositoryError>;
    /// Takes away what was stored at or before this instant, so much at most, the oldest first; answers how much.
    async fn sweep(&self, until: OffsetDateTime, most: u32) -> Result<u64, RepositoryError>;
}
