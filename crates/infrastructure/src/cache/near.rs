//! Values in this process, bounded by bytes, as a whole and for each tenant.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cotenant_domain::cache::Key;
use cotenant_domain::tenants::TenantId;
use moka::sync::Cache;

/// What a value takes beside its own bytes: its key, twice, and the books.
const BESIDE: usize = 320;
/// Into how many parts the whole is divided, of which a tenant may have one.
const PARTS: u64 = 8;

/// Values in this process.
#[derive(Clone)]
pub(super) struct Near {
    values: Cache<Key, Arc<[u8]>>,
    shares: Shares,
    most: u64,
}

/// How many bytes each tenant has kept.
#[derive(Clone, Default)]
struct Shares(Arc<Mutex<HashMap<TenantId, u64>>>);

impl Shares {
    fn list(&self) -> MutexGuard<'_, HashMap<TenantId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes of a tenant's share; `false` where that would be more than `most`.
    fn take(&self, tenant: TenantId, bytes: u64, most: u64) -> bool {
        let mut list = self.list();
        let taken = list.get(&tenant).copied().unwrap_or(0) + bytes;
        let fits = taken <= most;
        if fits {
            list.insert(tenant, taken);
        }
        fits
    }

    fn give_back(&self, tenant: TenantId, bytes: u64) {
        let mut list = self.list();
        if let Some(taken) = list.get_mut(&tenant) {
            *taken = taken.saturating_sub(bytes);
            if *taken == 0 {
                list.remove(&tenant);
            }
        }
    }
}

fn weight(value: &[u8]) -> u32 {
    u32::try_from(value.len() + BESIDE).unwrap_or(u32::MAX)
}

impl Near {
    pub(super) fn new(bytes: u64, at_most: Duration) -> Self {
        let shares = Shares::default();
        let books = shares.clone();
        let values = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, value: &Arc<[u8]>| weight(value))
            .time_to_live(at_most)
            .eviction_listener(move |key: Arc<Key>, value: Arc<[u8]>, _| {
                books.give_back(key.tenant_id(), weight(&value).into());
            })
            .build();
        Self { values, shares, most: bytes / PARTS }
    }

    pub(super) fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        self.values.get(key)
    }

    /// Keeps a value; `false` where its tenant has its share.
    pub(super) fn keep(&self, key: &Key, value: Arc<[u8]>) -> bool {
        let fits = self.shares.take(key.tenant_id(), weight(&value).into(), self.most);
        if fits {
            self.values.insert(key.clone(), value);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_tenant_takes_no_more_than_its_share_and_gets_it_back() {
        let shares = Shares::default();
        let (one, other) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        assert!(shares.take(one, 60, 100) && shares.take(one, 40, 100));
        assert!(!shares.take(one, 1, 100), "one has its share");
        assert!(shares.take(other, 100, 100), "which is nothing to the other");
        shares.give_back(one, 60);
        assert!(shares.take(one, 60, 100) && !shares.take(one, 1, 100));
        shares.give_back(one, 100);
        shares.give_back(other, 100);
        assert!(shares.list().is_empty(), "no book is kept of who has nothing");
    }
}
