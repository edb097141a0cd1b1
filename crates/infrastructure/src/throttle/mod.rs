//! How fast passwords can be guessed, kept in this process.
//!
//! # What is counted
//!
//! Three lanes, each with attempts that pass freely and waits that double from then on:
//!
//! - the **pair** of an account's address and a client's: guessing from one place;
//! - the **client**: guessing at many accounts from one place;
//! - the **account**: guessing at one account from many places.
//!
//! # Why nobody is locked out
//!
//! Whoever knows an address could make its account wait. So a pair that was right before, which is a person's own device, is
//! held back by its own lane alone: what others do elsewhere does not touch it. From a new place the account's lane passes
//! one attempt every few seconds at the worst; and who sets a new password by mail comes from a known place from then on. No
//! wait is longer than some minutes, a refused attempt makes none longer, and sessions that have begun are not touched.
//!
//! # What it is not
//!
//! Each process counts for itself and forgets at its end. An unknown account is counted like a known one: nothing here knows
//! which is which. Keys are hashed with a key of this process's own, so that nobody can make them collide, and no address
//! lies in memory.

mod lanes;

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cotenant_domain::identity::{Attempt, SignInThrottle, Throttled};
use cotenant_domain::shared::{Clock, EmailAddress};
use cotenant_domain::tenants::TenantId;
use time::{Duration, OffsetDateTime};

use lanes::{Lanes, Pace};

/// How many attempts pass before waits begin.
#[derive(Debug, Clone, Copy)]
pub struct ThrottleLimits {
    /// For one account from one client.
    pub pair: u32,
    /// From one client, for whatever accounts.
    pub client: u32,
    /// For one account, from whatever clients that were never right.
    pub account: u32,
    /// Messages to one address; asked for by one client, ten times as many. Invitations to it, of each tenant.
    pub messages: u32,
}

/// The longest waits.
const PAIR_WAIT: Duration = Duration::minutes(5);
const CLIENT_WAIT: Duration = Duration::minutes(1);
const ACCOUNT_WAIT: Duration = Duration::seconds(10);
/// After so long without an attempt a lane is as it was at first.
const FORGOTTEN: Duration = Duration::hours(1);
/// How long a place is known.
const KNOWN: Duration = Duration::days(30);
/// How many messages one client may ask for, measured in those to one address.
const ADDRESSES_OF_A_CLIENT: u32 = 10;

/// Throttles in the memory of this process.
pub struct ProcessThrottle {
    clock: Arc<dyn Clock>,
    key: RandomState,
    state: Mutex<State>,
}

struct State {
    pairs: Lanes,
    clients: Lanes,
    accounts: Lanes,
    known: Lanes,
    messages: Lanes,
    messages_of_clients: Lanes,
    invitations: Lanes,
}

/// Who tries, as the lanes know them.
#[derive(Clone, Copy)]
struct Keys {
    pair: u64,
    client: u64,
    account: u64,
}

impl ProcessThrottle {
    /// A throttle that has seen nothing.
    pub fn new(limits: ThrottleLimits, clock: Arc<dyn Clock>) -> Self {
        let paced = |free, longest| Lanes::new(Pace { free, longest, forgotten: FORGOTTEN });
        let state = State {
            pairs: paced(limits.pair, PAIR_WAIT),
            clients: paced(limits.client, CLIENT_WAIT),
            accounts: paced(limits.account, ACCOUNT_WAIT),
            known: Lanes::new(Pace { free: u32::MAX, longest: Duration::ZERO, forgotten: KNOWN }),
            messages: paced(limits.messages, FORGOTTEN),
            messages_of_clients: paced(limits.messages.saturating_mul(ADDRESSES_OF_A_CLIENT), FORGOTTEN),
            invitations: paced(limits.messages, FORGOTTEN),
        };
        Self { clock, key: RandomState::new(), state: Mutex::new(state) }
    }

    fn keys(&self, who: Attempt<'_>) -> Keys {
        let (account, client) = (who.email.key(), network(who.address));
        Keys {
            pair: self.key.hash_one((&account, &client)),
            client: self.key.hash_one(client),
            account: self.key.hash_one(&account),
        }
    }

    /// The state, and now. No code panics while it holds it, so a poisoned one is as good as any.
    fn hold(&self) -> (MutexGuard<'_, State>, OffsetDateTime) {
        (self.state.lock().unwrap_or_else(PoisonError::into_inner), self.clock.now())
    }
}

/// What of a client's address counts: of IPv6 the network, since one client has all of it.
fn network(address: Option<&str>) -> Option<IpAddr> {
    let address: IpAddr = address?.parse().ok()?;
    Some(match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address => address,
    })
}

#[async_trait]
impl SignInThrottle for ProcessThrottle {
    async fn attempt(&self, who: Attempt<'_>) -> Result<(), Throttled> {
        let keys = self.keys(who);
        let (mut state, now) = self.hold();
        let known = state.known.is_there(keys.pair, now);
        let mut wait = state.pairs.wait(keys.pair, now);
        if !known {
            wait = wait.max(state.clients.wait(keys.client, now)).max(state.accounts.wait(keys.account, now));
        }
        if wait > Duration::ZERO {
            return Err(Throttled { wait });
        }
        // Counted as if it were wrong, until it is right: of a thousand guesses at once no more pass than of a thousand in
        // turn.
        state.pairs.count(keys.pair, now);
        if !known {
            state.clients.count(keys.client, now);
            state.accounts.count(keys.account, now);
        }
        Ok(())
    }

    async fn right(&self, who: Attempt<'_>) {
        let keys = self.keys(who);
        let (mut state, now) = self.hold();
        if !state.known.is_there(keys.pair, now) {
            state.clients.take_back(keys.client);
            state.accounts.take_back(keys.account);
        }
        state.pairs.forget(keys.pair);
        state.known.count(keys.pair, now);
    }

    async fn wrong(&self, _: Attempt<'_>) {
        // It was counted when it began.
    }

    async fn undecided(&self, who: Attempt<'_>) {
        let keys = self.keys(who);
        let (mut state, now) = self.hold();
        state.pairs.take_back(keys.pair);
        if !state.known.is_there(keys.pair, now) {
            state.clients.take_back(keys.client);
            state.accounts.take_back(keys.account);
        }
    }

    async fn message(&self, who: Attempt<'_>) -> bool {
        let keys = self.keys(who);
        let (mut state, now) = self.hold();
        let waits = [state.messages.wait(keys.account, now), state.messages_of_clients.wait(keys.client, now)];
        if waits.iter().any(|wait| *wait > Duration::ZERO) {
            return false;
        }
        state.messages.count(keys.account, now);
        state.messages_of_clients.count(keys.client, now);
        true
    }

    async fn invitation(&self, tenant: TenantId, email: &EmailAddress) -> Result<(), Throttled> {
        let key = self.key.hash_one((tenant, email.key()));
        let (mut state, now) = self.hold();
        let wait = state.invitations.wait(key, now);
        if wait > Duration::ZERO {
            return Err(Throttled { wait });
        }
        state.invitations.count(key, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
