//! The heads of the logs that were written to last, remembered.
//!
//! # Why
//!
//! An event's hash needs the one before, and the tenant's other writers wait from there to the end of the unit. With the head
//! remembered, to advance it is one statement that also checks that it is still the head, and nothing has to be read first.
//!
//! # Why it cannot be wrong
//!
//! It is a guess and never believed: the head advances from exactly the place and hash that were guessed, or not at all. A
//! guess that is of another process's past, or of a unit that was taken back, misses, and the head is read.

use cotenant_domain::audit::Head;
use moka::sync::Cache;
use uuid::Uuid;

/// How many tenants are remembered: some hundred bytes each.
const REMEMBERED: u64 = 10_000;

/// The heads that this process wrote last.
#[derive(Clone)]
pub(crate) struct RememberedHeads(Cache<Uuid, Head>);

impl RememberedHeads {
    pub(crate) fn new() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).build())
    }

    pub(super) fn guess(&self, tenant: Uuid) -> Option<Head> {
        self.0.get(&tenant)
    }

    pub(super) fn keep(&self, tenant: Uuid, head: Head) {
        self.0.insert(tenant, head);
    }
}
