//! Of those who load the same value at the same time, one does and the others wait.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The values that are being loaded.
pub(super) struct Flights<K: Eq + Hash>(Arc<Mutex<HashMap<K, Listed>>>);

/// A flight that can still be joined, and how many have a seat.
#[derive(Default)]
struct Listed {
    flight: Arc<Flight>,
    seats: usize,
}

/// One value that is being loaded.
#[derive(Default)]
struct Flight {
    turn: Arc<tokio::sync::Mutex<()>>,
    /// Nobody waits for it any more: it brought nothing.
    over: AtomicBool,
}

/// A place in a flight, with or without the turn. The last who leaves takes the flight out of the list.
struct Seat<K: Eq + Hash> {
    flights: Flights<K>,
    key: K,
    flight: Arc<Flight>,
}

/// The turn of somebody who loads. Dropped, it passes to the next who waits.
pub(super) struct Held<K: Eq + Hash> {
    /// Before the seat, so that the next has the turn when the place is left. `None` in a flight that is over.
    _turn: Option<OwnedMutexGuard<()>>,
    seat: Seat<K>,
}

impl<K: Eq + Hash> Flights<K> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    fn list(&self) -> MutexGuard<'_, HashMap<K, Listed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seat(&self, key: K) -> Seat<K>
    where
        K: Clone,
    {
        let mut list = self.list();
        let listed = list.entry(key.clone()).or_default();
        listed.seats += 1;
        Seat { flights: Self(self.0.clone()), key, flight: listed.flight.clone() }
    }

    /// Waits for the turn to load a value. In a flight that is over everybody goes on at once.
    pub(super) async fn turn(&self, key: &K) -> Held<K>
    where
        K: Clone,
    {
        let seat = self.seat(key.clone());
        let turn = seat.flight.turn.clone().lock_owned().await;
        let over = seat.flight.over.load(Ordering::Acquire);
        Held { _turn: (!over).then_some(turn), seat }
    }
}

impl<K: Eq + Hash> Held<K> {
    /// Lets all who wait go on at once; who comes later begins anew.
    pub(super) fn release(self) {
        self.seat.flight.over.store(true, Ordering::Release);
        let mut list = self.seat.flights.list();
        if self.seat.is_of(list.get(&self.seat.key)) {
            list.remove(&self.seat.key);
        }
    }
}

impl<K: Eq + Hash> Seat<K> {
    /// A flight that was released is in the list no more; another of the same value may be.
    fn is_of(&self, listed: Option<&Listed>) -> bool {
        listed.is_some_and(|listed| Arc::ptr_eq(&listed.flight, &self.flight))
    }
}

impl<K: Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut list = self.flights.list();
        if !self.is_of(list.get(&self.key)) {
            return;
        }
        if let Some(listed) = list.get_mut(&self.key) {
            listed.seats -= 1;
            if listed.seats == 0 {
                list.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn however_a_flight_ends_nothing_of_it_is_left() {
        let flights = Flights::new();
        drop(flights.turn(&1).await);
        assert!(flights.list().is_empty(), "kept, or broken off");
        flights.turn(&1).await.release();
        assert!(flights.list().is_empty(), "released");
        let held = flights.turn(&1).await;
        assert!(timeout(Duration::ZERO, flights.turn(&1)).await.is_err(), "the next waits, and goes away");
        assert_eq!(flights.list().len(), 1);
        drop(held);
        assert!(flights.list().is_empty());
        let held = flights.turn(&1).await;
        let (mut next, mut last) = (Box::pin(flights.turn(&1)), Box::pin(flights.turn(&1)));
        assert!(timeout(Duration::ZERO, &mut next).await.is_err() && timeout(Duration::ZERO, &mut last).await.is_err());
        held.release();
        let (next, last, anew) = (next.await, last.await, flights.turn(&1).await);
        drop((next, last));
        assert_eq!(flights.list().len(), 1, "who came after the release has a flight of their own");
        drop(anew);
        assert!(flights.list().is_empty());
    }

    #[test]
    fn of_many_who_leave_at_the_same_time_the_last_takes_the_flight_along() {
        const THREADS: usize = 4;
        let flights = Flights::new();
        let start = std::sync::Barrier::new(THREADS);
        for round in 0..2_000 {
            let seats: Vec<_> = (0..THREADS).map(|_| flights.seat(round)).collect();
            std::thread::scope(|scope| {
                for seat in seats {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        drop(seat);
                    });
                }
            });
            assert!(flights.list().is_empty());
        }
    }
}
