use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use cotenant_domain::shared::Clock;
use tokio::time::timeout;

use crate::clock::microseconds;

/// Why something shared cannot be had.
pub type Away = Box<dyn Error + Send + Sync>;

/// For how long nobody asks what did not answer, in microseconds.
const PAUSE: i64 = 1_000_000;
/// How often the log says that it is still away, in microseconds.
const SAID_EVERY: i64 = 60 * PAUSE;
/// It answers, as far as is known.
const HERE: i64 = 0;

/// What the log says of it, each time with the number of questions that had no answer since the process began.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// It does not answer, and why.
    pub(crate) away: fn(&dyn Error, u64),
    /// It answers again.
    pub(crate) back: fn(u64),
}

/// Whether something shared answers, and who asks it while it does not.
///
/// Whoever waits for it in vain waits no longer than the patience that was given. From then on one request a second finds out
/// whether it is back, and nobody else waits. The log says when it begins and when it ends, and in between once a minute: a
/// wrong password is seen by whoever looks today, and not only by who looked when it began.
pub(crate) struct Presence {
    patience: Duration,
    clock: Arc<dyn Clock>,
    words: Words,
    /// When it is asked again, or [`HERE`].
    asked_at: AtomicI64,
    /// When the log said last that it is away, or [`HERE`].
    said_at: AtomicI64,
}

impl Presence {
    /// Of something that is here, as far as is known.
    pub(crate) fn new(patience: Duration, clock: Arc<dyn Clock>, words: Words) -> Self {
        Self { patience, clock, words, asked_at: AtomicI64::new(HERE), said_at: AtomicI64::new(HERE) }
    }

    /// The answer, unless it is away, and then one more was missed.
    pub(crate) async fn ask<T>(&self, answer: impl Future<Output = Result<T, Away>>, missed: &AtomicU64) -> Option<T> {
        let now = microseconds(self.clock.now());
        if !self.asks(now) {
            missed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let why = match timeout(self.patience, answer).await {
            Ok(Ok(answer)) => {
                self.is_back(missed);
                return Some(answer);
            }
            Ok(Err(away)) => away,
            Err(late) => late.into(),
        };
        self.is_away(now, &*why, missed.fetch_add(1, Ordering::Relaxed) + 1);
        None
    }

    /// Whether to ask: always while it answers, and one request a second while it does not.
    fn asks(&self, now: i64) -> bool {
        let at = self.asked_at.load(Ordering::Relaxed);
        let mine = |at| self.asked_at.compare_exchange(at, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        // A clock that was set back does not make anybody wait longer.
        at == HERE || (!(at - PAUSE..at).contains(&now) && mine(at))
    }

    fn is_back(&self, missed: &AtomicU64) {
        if self.asked_at.load(Ordering::Relaxed) != HERE && self.asked_at.swap(HERE, Ordering::Relaxed) != HERE {
            self.said_at.store(HERE, Ordering::Relaxed);
            (self.words.back)(missed.load(Ordering::Relaxed));
        }
    }

    fn is_away(&self, now: i64, why: &dyn Error, missed: u64) {
        self.asked_at.store(now + PAUSE, Ordering::Relaxed);
        let said = self.said_at.load(Ordering::Relaxed);
        let is_due = said == HERE || !(said..said + SAID_EVERY).contains(&now);
        // Of many who found out at once, one says so.
        if is_due && self.said_at.compare_exchange(said, now, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            (self.words.away)(why, missed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::ready;

    use time::OffsetDateTime;

    use super::*;

    #[derive(Default)]
    struct Seconds(AtomicI64);

    impl Clock for Seconds {
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_000 + self.0.load(Ordering::Relaxed))
        }
    }

    thread_local! {
        static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn say(line: String) {
        SAID.with_borrow_mut(|said| said.push(line));
    }

    const WORDS: Words = Words {
        away: |why, missed| say(format!("away: {why}, {missed}")),
        back: |missed| say(format!("back, {missed}")),
    };

    #[tokio::test]
    async fn while_it_is_away_the_log_says_so_once_a_minute_with_what_was_missed_so_far() {
        let (clock, missed) = (Arc::new(Seconds::default()), AtomicU64::new(0));
        let presence = Presence::new(Duration::from_secs(5), clock.clone(), WORDS);
        let ask = async |second, answer: Result<u8, Away>| {
            clock.0.store(second, Ordering::Relaxed);
            presence.ask(ready(answer), &missed).await
        };
        assert_eq!(ask(0, Ok(1)).await, Some(1));
        for second in 1..=130 {
            for _ in 0..2 {
                assert_eq!(ask(second, Err("wrong password".into())).await, None);
            }
        }
        assert_eq!(ask(140, Ok(2)).await, Some(2));
        assert_eq!(ask(141, Err("refused".into())).await, None, "an absence of its own");
        let expected = [
            "away: wrong password, 1",
            "away: wrong password, 121",
            "away: wrong password, 241",
            "back, 260",
            "away: refused, 261",
        ];
        assert_eq!(SAID.with_borrow(Clone::clone), expected);
    }
}
