use async_trait::async_trait;

use super::model::{Charge, Counted};

/// Keeps the counts.
///
/// It never fails: an adapter that cannot reach what it keeps its counts in counts some other way, and says so in its log.
/// Being limited wrongly for a while is better than being served nothing.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one request against all of these or, where one of them has nothing left, against none. Each key comes once.
    async fn take(&self, charges: &[Charge]) -> Counted;

    /// How many requests this process has counted alone since it began, although it shares its counts with others.
    fn counted_alone(&self) -> u64 {
        0
    }
}
