use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::limits::Charge;
use cotenant_domain::shared::Clock;
use redis::Script;
use redis::aio::ConnectionManager;

use super::shared::{Answer, SharedCounts, SharedLimiter};
use crate::redis::{Away, connect};

/// Before every key, so that others can use the same Redis.
const PREFIX: &str = "cotenant:limit:";

/// Counts in Redis: one script, one round trip, Redis' own clock.
struct RedisCounts {
    connection: ConnectionManager,
    script: Script,
}

impl SharedLimiter {
    /// Counts in the Redis at this address; nothing is connected before it is needed.
    ///
    /// # Errors
    ///
    /// The address cannot be read.
    pub fn in_redis(url: &str, patience: Duration, clock: Arc<dyn Clock>) -> Result<Self, Away> {
        let counts = RedisCounts { connection: connect(url, patience)?, script: Script::new(include_str!("take.lua")) };
        Ok(Self::over(Arc::new(counts), patience, clock))
    }
}

#[async_trait]
impl SharedCounts for RedisCounts {
    async fn take(&self, charges: &[Charge]) -> Result<Answer, Away> {
        let mut call = self.script.prepare_invoke();
        for Charge { key, rate } in charges {
            call.key(format!("{PREFIX}{}:{:032x}", key.policy, key.of)).arg(rate.interval()).arg(rate.capacity());
        }
        let numbers: Vec<i64> = call.invoke_async(&mut self.connection.clone()).await?;
        match numbers.as_slice() {
            [admitted, now, full_at @ ..] if full_at.len() == charges.len() => {
                Ok(Answer { admitted: *admitted == 1, now: *now, full_at: full_at.to_vec() })
            }
            _ => Err("the script answered something else".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use cotenant_domain::limits::{LimitKey, Rate, RateLimiter};

    use super::*;
    use crate::clock::SystemClock;

    fn limiter(url: &str) -> SharedLimiter {
        SharedLimiter::in_redis(url, Duration::from_secs(5), Arc::new(SystemClock)).unwrap()
    }

    #[tokio::test]
    async fn where_nobody_listens_requests_go_on() {
        let limiter = limiter("redis://127.0.0.1:1/");
        let charge = Charge { key: LimitKey { policy: "tenant-read", of: 1 }, rate: Rate::new(1, 60).unwrap() };
        assert!(limiter.take(&[charge]).await.admitted);
        assert!(!limiter.take(&[charge]).await.admitted);
        assert_eq!(limiter.counted_alone(), 2);
        assert!(SharedLimiter::in_redis("nonsense", Duration::ZERO, Arc::new(SystemClock)).is_err());
    }
}
