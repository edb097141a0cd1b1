use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cotenant_domain::limits::{Charge, Counted, LimitKey, RateLimiter};
use cotenant_domain::shared::Clock;

use super::hold;

/// Counts by a clock that a test turns.
pub struct MemoryLimiter {
    clock: Arc<dyn Clock>,
    full_at: Mutex<HashMap<LimitKey, i64>>,
}

impl MemoryLimiter {
    /// A limiter that has counted nothing.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, full_at: Mutex::default() }
    }

    /// Who was counted, in no order.
    pub fn keys(&self) -> Vec<LimitKey> {
        hold(&self.full_at).keys().copied().collect()
    }
}

#[async_trait]
impl RateLimiter for MemoryLimiter {
    async fn take(&self, charges: &[Charge]) -> Counted {
        let now = i64::try_from(self.clock.now().unix_timestamp_nanos() / 1_000).unwrap_or_default();
        let mut full_at = hold(&self.full_at);
        let stored = |charge: &Charge| full_at.get(&charge.key).copied().unwrap_or_default();
        let before: Vec<i64> = charges.iter().map(stored).collect();
        let taken: Option<Vec<i64>> = charges.iter().zip(&before).map(|(c, at)| c.rate.take(*at, now)).collect();
        let admitted = taken.is_some();
        let after = taken.unwrap_or(before);
        let levels = charges.iter().zip(&after).map(|(charge, at)| charge.rate.level(*at, now)).collect();
        if admitted {
            full_at.extend(charges.iter().map(|charge| charge.key).zip(after));
        }
        Counted { admitted, levels }
    }
}
