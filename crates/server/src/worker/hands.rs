use std::collections::HashMap;
use std::sync::Arc;

use cotenant_domain::jobs::{Leased, Outcome, broken_off, work};
use time::OffsetDateTime;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;

use super::Shop;
use super::shift::BEATS;

/// An attempt that ended, one way or another.
pub(super) struct Ended(Result<Id, JoinError>);

/// The jobs that a worker has in hand, each in a task of its own.
pub(super) struct Hands {
    shop: Arc<Shop>,
    tasks: JoinSet<Outcome>,
    held: HashMap<Id, (Leased, tokio::task::AbortHandle)>,
    /// Everything that is in hand was leased, or its lease prolonged, at this time or later. By the clock that leases are told
    /// by: one that goes on while this process stands still counts that too.
    renewed: OffsetDateTime,
}

impl Hands {
    pub(super) fn new(shop: Arc<Shop>) -> Self {
        let renewed = shop.deps.clock.now();
        Self { shop, tasks: JoinSet::new(), held: HashMap::new(), renewed }
    }

    /// How many more it could take.
    pub(super) fn free(&self) -> usize {
        self.shop.hands.saturating_sub(self.held.len())
    }

    pub(super) fn are_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn held(&self) -> Vec<Leased> {
        self.held.values().map(|(leased, _)| *leased).collect()
    }

    /// Whether the leases of what is in hand will not have run out when a claim looks. Where a beat was missed, they are
    /// prolonged first: one that ran out and was not taken over is the worker's own again.
    pub(super) async fn are_safe(&mut self) -> bool {
        let now = self.shop.deps.clock.now();
        if self.held.is_empty() {
            self.renewed = now;
        }
        now - self.renewed <= self.shop.settings.lease / BEATS || self.renew().await
    }

    /// Begins an attempt.
    pub(super) fn take(&mut self, leased: Leased) {
        let shop = self.shop.clone();
        let handle = self.tasks.spawn(async move {
            match timeout(shop.limit, work(&shop.deps, &shop.handlers, &shop.settings, &leased)).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    tracing::warn!(job = %leased.job_id(), "an attempt at the job took too long, and was broken off");
                    broken_off(&shop.deps, &shop.handlers, &shop.settings, &leased, "the attempt took too long").await
                }
            }
        });
        self.held.insert(handle.id(), (leased, handle));
    }

    /// Waits for the next attempt to end; for ever where there is none. Dropped midway, it has missed nothing.
    pub(super) async fn next(&mut self) -> Ended {
        match self.tasks.join_next_with_id().await {
            Some(ended) => Ended(ended.map(|(id, _)| id)),
            None => std::future::pending().await,
        }
    }

    /// Lets go of an attempt that ended. A handler that panicked has failed; one that was broken off is somebody else's by
    /// now.
    pub(super) async fn let_go(&mut self, Ended(ended): Ended) {
        let id = ended.as_ref().map_or_else(JoinError::id, |id| *id);
        let Some((leased, _)) = self.held.remove(&id) else { return };
        if ended.is_err_and(|error| error.is_panic()) {
            let shop = &self.shop;
            tracing::error!(job = %leased.job_id(), "the handler of the job panicked");
            broken_off(&shop.deps, &shop.handlers, &shop.settings, &leased, "the handler panicked").await;
        }
    }

    /// Prolongs the leases of what is in hand; whether it could. What was taken over meanwhile is broken off: its end would be
    /// refused.
    pub(super) async fn renew(&mut self) -> bool {
        let deps = &self.shop.deps;
        let now = deps.clock.now();
        match deps.db.dispatcher().renew(&self.held(), now + self.shop.settings.lease).await {
            Ok(current) => {
                self.renewed = now;
                for (leased, task) in self.held.values().filter(|(leased, _)| !current.contains(leased)) {
                    if !task.is_finished() {
                        tracing::warn!(job = %leased.job_id(), "the job was taken over by another worker");
                        task.abort();
                    }
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "leases cannot be prolonged at the moment");
                false
            }
        }
    }

    /// Breaks off what is in hand and hands it back.
    pub(super) async fn hand_back(mut self) {
        let held = self.held();
        self.tasks.shutdown().await;
        if held.is_empty() {
            return;
        }
        tracing::warn!(count = held.len(), "jobs were broken off and handed back");
        if let Err(error) = self.shop.deps.db.dispatcher().hand_back(&held).await {
            tracing::warn!(%error, "jobs could not be handed back: their leases have to run out");
        }
    }
}
