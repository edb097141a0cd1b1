use std::sync::Arc;
use std::time::Duration as StdDuration;

use cotenant_domain::jobs::{WorkerSettings, claim};
use cotenant_domain::tenants::TenantId;
use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout_at};

use super::Shop;
use super::chores::Chores;
use super::hands::Hands;

/// Leases are prolonged so many times before they would run out: one answer may be lost.
const BEATS: u32 = 3;

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
    let (mut look, mut turn) = (Instant::now(), None);
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
            look = Instant::now() + shop.pause;
        }
        tokio::select! {
            changed = stopped.changed() => if changed.is_err() { return StdDuration::ZERO },
            ended = hands.next() => hands.let_go(ended).await,
            () = sleep_until(look), if hands.free() > 0 => {}
            _ = beat.tick(), if !hands.are_empty() => hands.renew().await,
        }
    }
}

/// Claims as many jobs as there are hands free, and begins them; answers how many.
async fn take(shop: &Shop, hands: &mut Hands, turn: &mut Option<TenantId>) -> usize {
    let most = u32::try_from(hands.free()).unwrap_or(u32::MAX);
    if most == 0 {
        return 0;
    }
    match claim(&shop.deps, &WorkerSettings { most, ..shop.settings }, turn).await {
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
                _ = beat.tick() => hands.renew().await,
            }
        }
    };
    if timeout_at(until, finished).await.is_err() {
        hands.hand_back().await;
    }
}
