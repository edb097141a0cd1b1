//! Numbers that are the same in every run, and futures that are given up.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// SplitMix64.
pub struct Dice(u64);

impl Dice {
    /// The dice of this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    /// A third of the futures may finish, a third is given up after so many waits, and a third within two milliseconds.
    pub fn fate(&mut self, most_waits: u64) -> Fate {
        match self.roll(3) {
            0 => Fate::Finishes,
            1 => Fate::GivenUpAfterWaits(self.roll(most_waits)),
            _ => Fate::GivenUpAfter(Duration::from_micros(self.roll(2_000))),
        }
    }
}

/// What becomes of a future.
#[derive(Debug, Clone, Copy)]
pub enum Fate {
    /// Runs to its end.
    Finishes,
    /// Dropped where it would wait for the n-th time: each await of the product is met this way, and the question to the
    /// database is then under way and not answered.
    GivenUpAfterWaits(u64),
    /// Dropped after a time, as when a client goes away.
    GivenUpAfter(Duration),
}

impl Fate {
    /// The future's output, unless it was dropped before.
    pub async fn befalls<F: Future>(self, future: F) -> Option<F::Output> {
        match self {
            Self::Finishes => Some(future.await),
            Self::GivenUpAfter(time) => tokio::time::timeout(time, future).await.ok(),
            Self::GivenUpAfterWaits(mut left) => {
                let mut future = pin!(future);
                poll_fn(|context| match future.as_mut().poll(context) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending if left == 0 => Poll::Ready(None),
                    Poll::Pending => {
                        left -= 1;
                        Poll::Pending
                    }
                })
                .await
            }
        }
    }
}
