use std::sync::Arc;
use std::time::Duration as StdDuration;

use cotenant_domain::jobs::{Turn, claim};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout_at};

use super::Shop;
use super::chores::Chores;
use super::hands::Hands;

/// Leases are prolonged so many times before they would run out: one answer may be lost.
pub(super) const BEATS: u32 = 3;

/// After a claim that was cut short it looks again so many times sooner. Tenants that are not in use are passed over at that
/// pace, however many they are.
const SOONER: u32 = 8;

/// Works until it is told to stop, and for how long it may still finish.
pub(super) async fn work(shop: Arc<Shop>, mut stopped: watch::Receiver<Option<StdDuration>>) {
    let mut hands = Hands::new(shop.clone());
    let lease = StdDuration::try_from(shop.settings.lease).unwrap_or(StdDuration::MAX);
    let mut beat = interval(lease / BEATS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let patience = tokio::select! {
        patience = until_stopped(&shop, &mut hands, &mut beat, &mut stopped) => patience,
        never = Chores::new(shop.clone()).keep() => match never {},
    };
    finish(hands, beat, Instant::now() + patience).await;
}

/// Answers for how long it may still finish what it has begun.
async fn until_stopped(
    shop: &Shop,
    hands: &mut Hands,
    beat: &mut Interval,
    stopped: &mut watch::Receiver<Option<StdDuration>>,
) -> StdDuration {
    let (mut look, mut turn) = (Instant::now(), Turn::default());
    loop {
        if let Some(patience) = *stopped.borrow_and_update() {
            return patience;
        }
        // With a hand or two free there is no hurry: a claim costs as much for one job as for several.
        if Instant::now() >= look || hands.free() * 2 > shop.hands {
            let taken = take(shop, hands, &mut turn).await;
            if taken > 0 && hands.free() > 0 {
                continue;
            }
            look = Instant::now() + if turn.is_cut() { shop.pause / SOONER } else { shop.pause };
        }
        tokio::select! {
            changed = stopped.changed() => if changed.is_err() { return StdDuration::ZERO },
            ended = hands.next() => hands.let_go(ended).await,
            () = sleep_until(look), if hands.free() > 0 => {}
            // With most hands free it claims at once; with few, the next look comes soon enough.
            () = shop.deps.db.dispatcher().queued(), if hands.free() * 2 > shop.hands => {}
            _ = beat.tick(), if !hands.are_empty() => { hands.renew().await; }
        }
    }
}

/// Claims as many jobs as there are hands free, and begins them; answers how many. None, while what is in hand is not safe: a
/// claim takes over whatever has run out, this worker's own too, which would then run a second time beside itself.
async fn take(shop: &Shop, hands: &mut Hands, turn: &mut Turn) -> usize {
    if hands.free() == 0 || !hands.are_safe().await {
        return 0;
    }
    match claim(&shop.deps, &shop.settings, &hands.held(), turn).await {
        Ok(leased) => {
            let count = leased.len();
            leased.into_iter().for_each(|leased| hands.take(leased));
            count
        }
        Err(error) => {
            tracing::warn!(%error, "jobs cannot be leased at the moment");
            0
        }
    }
}

async fn finish(mut hands: Hands, mut beat: Interval, until: Instant) {
    let finished = async {
        while !hands.are_empty() {
            tokio::select! {
                ended = hands.next() => hands.let_go(ended).await,
                _ = beat.tick() => { hands.renew().await; }
            }
        }
    };
    if timeout_at(until, finished).await.is_err() {
        hands.hand_back().await;
    }
}
