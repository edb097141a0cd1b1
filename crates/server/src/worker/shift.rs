use std::sync::Arc;
use std::time::Duration as StdDuration;

use cotenant_domain::jobs::{WorkerSettings, claim};
use cotenant_domain::tenants::TenantId;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout_at};

use super::Shop;
use super::chores::Chores;
use super::hands::Hands;

/// Leases are prolonged so many times before they would run out: one answer may be lost.
const BEATS: u32 = 3;

/// Works until it is told to stop, and for how long it may still finish.
pub(super) async fn work(shop: Arc<Shop>, mut stopped: watch::Receiver<Option<StdDuration>>) {
    let (mut hands, mut chores, mut turn) = (Hands::new(shop.clone()), Chores::new(shop.clone()), None);
    let lease = StdDuration::try_from(shop.settings.lease).unwrap_or(StdDuration::MAX);
    let mut beat = interval(lease / BEATS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = Instant::now();
    let patience = loop {
        if let Some(patience) = *stopped.borrow_and_update() {
            break patience;
        }
        chores.see_to().await;
        // With a hand or two free there is no hurry: a claim costs as much for one job as for several.
        if Instant::now() >= look || hands.free() * 2 > shop.hands {
            let taken = take(&shop, &mut hands, &mut turn).await;
            if taken > 0 && hands.free() > 0 {
                continue;
            }
            look = Instant::now() + shop.pause;
        }
        tokio::select! {
            changed = stopped.changed() => if changed.is_err() { break StdDuration::ZERO },
            ended = hands.next() => hands.let_go(ended).await,
            () = sleep_until(look), if hands.free() > 0 => {}
            _ = beat.tick(), if !hands.are_empty() => hands.renew().await,
        }
    };
    finish(hands, beat, Instant::now() + patience).await;
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

async fn finish(mut hands: Hands, mut beat: tokio::time::Interval, until: Instant) {
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
