use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cotenant_domain::limits::{Charge, Counted, RateLimiter};
use cotenant_domain::shared::Clock;

use super::process::ProcessLimiter;
use crate::redis::{Away, Presence, Words};

/// What shared counts answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// Whether the request is served.
    pub(super) admitted: bool,
    /// Now, by their own clock, in microseconds.
    pub(super) now: i64,
    /// For each charge the instant at which its limit is full again.
    pub(super) full_at: Vec<i64>,
}

/// Counts that several processes keep together.
#[async_trait]
pub(super) trait SharedCounts: Send + Sync {
    /// Counts a request against all charges or against none.
    async fn take(&self, charges: &[Charge]) -> Result<Answer, Away>;
}

const WORDS: Words = Words {
    away: |why, counted_alone| {
        let text = "shared rate limits are away: this process counts alone until they are back";
        tracing::warn!(error = %why, counted_alone, "{text}");
    },
    back: |counted_alone| tracing::info!(counted_alone, "shared rate limits are back"),
};

/// Counts together with other processes and, where what they share is away, alone.
///
/// # What happens while it is away
///
/// Requests go on, and are counted in this process. So each process serves as much as the limits say, and all of them together
/// as many times as much. That is better than serving nothing, and than serving everything.
pub struct SharedLimiter {
    shared: Arc<dyn SharedCounts>,
    own: ProcessLimiter,
    presence: Presence,
    alone: AtomicU64,
}

impl SharedLimiter {
    pub(super) fn over(shared: Arc<dyn SharedCounts>, patience: Duration, clock: Arc<dyn Clock>) -> Self {
        let own = ProcessLimiter::new(clock.clone());
        Self { shared, own, presence: Presence::new(patience, clock, WORDS), alone: AtomicU64::new(0) }
    }
}

#[async_trait]
impl RateLimiter for SharedLimiter {
    async fn take(&self, charges: &[Charge]) -> Counted {
        let answer = self.presence.ask(self.shared.take(charges), &self.alone).await;
        let Some(Answer { admitted, now, full_at }) = answer else {
            return self.own.count(charges);
        };
        let levels = charges.iter().zip(full_at).map(|(charge, at)| charge.rate.level(at, now)).collect();
        Counted { admitted, levels }
    }

    fn counted_alone(&self) -> u64 {
        self.alone.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::future::pending;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicI64, AtomicU8};

    use cotenant_domain::limits::{LimitKey, Rate};
    use time::OffsetDateTime;

    use super::*;

    #[derive(Default)]
    struct Millis(AtomicI64);

    impl Clock for Millis {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(1_000_000 + self.0.load(Ordering::Relaxed))
        }
    }

    const ANSWERS: u8 = 0;
    const REFUSES: u8 = 1;
    const HANGS: u8 = 2;

    /// Shared counts that answer, refuse or hang, and know how often they were asked.
    #[derive(Default)]
    struct Fake {
        full_at: Mutex<HashMap<LimitKey, i64>>,
        mood: AtomicU8,
        asked: AtomicU64,
    }

    #[async_trait]
    impl SharedCounts for Fake {
        async fn take(&self, charges: &[Charge]) -> Result<Answer, Away> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            match self.mood.load(Ordering::Relaxed) {
                ANSWERS => {}
                REFUSES => return Err("connection refused".into()),
                _ => pending().await,
            }
            let mut stored = self.full_at.lock().unwrap();
            let before: Vec<i64> = charges.iter().map(|c| stored.get(&c.key).copied().unwrap_or(0)).collect();
            let taken: Option<Vec<i64>> = charges.iter().zip(&before).map(|(c, at)| c.rate.take(*at, 7)).collect();
            let admitted = taken.is_some();
            let full_at = taken.unwrap_or(before);
            stored.extend(charges.iter().map(|c| c.key).zip(full_at.iter().copied()));
            Ok(Answer { admitted, now: 7, full_at })
        }
    }

    struct House {
        fake: Arc<Fake>,
        clock: Arc<Millis>,
        one: SharedLimiter,
        other: SharedLimiter,
    }

    fn house() -> House {
        let (fake, clock) = (Arc::new(Fake::default()), Arc::new(Millis::default()));
        let limiter = || SharedLimiter::over(fake.clone(), Duration::from_millis(1), clock.clone());
        House { one: limiter(), other: limiter(), fake: fake.clone(), clock: clock.clone() }
    }

    fn charge(requests: u32) -> [Charge; 1] {
        [Charge { key: LimitKey { policy: "tenant-read", of: 1 }, rate: Rate::new(requests, 3_600).unwrap() }]
    }

    #[tokio::test]
    async fn two_processes_count_together() {
        let house = house();
        let charge = charge(3);
        assert!(house.one.take(&charge).await.admitted && house.other.take(&charge).await.admitted);
        let last = house.one.take(&charge).await;
        assert_eq!((last.admitted, last.levels[0].left), (true, 0));
        assert!(!house.other.take(&charge).await.admitted);
        assert_eq!(house.one.counted_alone() + house.other.counted_alone(), 0);
    }

    #[tokio::test]
    async fn while_what_they_share_is_away_each_counts_alone_and_requests_go_on() {
        for mood in [REFUSES, HANGS] {
            let House { fake, clock, one, other } = house();
            let charge = charge(2);
            assert!(one.take(&charge).await.admitted && one.take(&charge).await.admitted);
            assert!(!other.take(&charge).await.admitted, "together they have had two");
            fake.mood.store(mood, Ordering::Relaxed);
            for limiter in [&one, &other] {
                assert!(limiter.take(&charge).await.admitted && limiter.take(&charge).await.admitted);
                assert!(!limiter.take(&charge).await.admitted, "alone there is a limit too");
                assert_eq!(limiter.counted_alone(), 3);
            }
            assert_eq!(fake.asked.load(Ordering::Relaxed), 3 + 2, "each found out once");
            clock.0.store(999, Ordering::Relaxed);
            one.take(&charge).await;
            assert_eq!(fake.asked.load(Ordering::Relaxed), 5);
            clock.0.store(1_000, Ordering::Relaxed);
            one.take(&charge).await;
            one.take(&charge).await;
            assert_eq!(fake.asked.load(Ordering::Relaxed), 6, "one request a second asks");
            fake.mood.store(ANSWERS, Ordering::Relaxed);
            clock.0.store(2_000, Ordering::Relaxed);
            let alone = one.counted_alone();
            for _ in 0..2 {
                assert!(!one.take(&charge).await.admitted, "what was counted together counts again");
            }
            assert_eq!((one.counted_alone(), fake.asked.load(Ordering::Relaxed)), (alone, 8));
        }
    }
}
