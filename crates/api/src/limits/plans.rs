use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cotenant_domain::plans::{Plan, PlanName, Plans};
use cotenant_domain::tenants::TenantId;

use crate::bounded::make_room;

/// How many tenants are remembered: about a hundred bytes each.
const MOST: usize = 10_000;

/// Which plan was chosen for which tenant, as far as this process has seen.
///
/// # Why it is only remembered
///
/// Requests are counted before the database is touched, and the plan stands in the database. So each request that is let in
/// leaves behind what was read of its tenant anyway, and the next ones are held against that. A tenant that was not seen yet, or
/// was forgotten, has the default plan until its first request was let in, and so have all that came with it. That is no way
/// around a limit: what they take stays taken, whatever the plan. The lowest plan instead would refuse large tenants after each
/// restart: one request that is counted at a fifth of the rate takes as much of it as five.
#[derive(Default)]
pub(crate) struct RecentPlans(Mutex<HashMap<TenantId, Option<PlanName>>>);

impl RecentPlans {
    /// Remembers which plan was chosen for a tenant, and says so where it is new and none of those that are offered.
    pub(crate) fn remember(&self, tenant: TenantId, chosen: Option<&PlanName>, plans: &Plans) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.get(&tenant).is_some_and(|known| known.as_ref() == chosen) {
            return;
        }
        make_room(&mut seen, MOST);
        seen.insert(tenant, chosen.cloned());
        drop(seen);
        if let Some(name) = chosen.filter(|name| plans.find(name).is_none()) {
            tracing::warn!(tenant_id = %tenant, plan = %name, "a tenant has a plan that is not offered: the default counts");
        }
    }

    /// The plan of a tenant; nobody's is the default.
    pub(super) fn plan<'a>(&self, tenant: Option<TenantId>, plans: &'a Plans) -> &'a Plan {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        plans.of(tenant.and_then(|tenant| seen.get(&tenant)).and_then(Option::as_ref))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cotenant_domain::shared::Id;
    use uuid::Uuid;

    fn name(text: &str) -> PlanName {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_seen_last_counts_and_strangers_have_the_default() {
        let plans = Plans::new(&name("standard"), ["standard", "free"].map(|text| Plan::open(name(text))).to_vec());
        let (plans, seen) = (plans.unwrap(), RecentPlans::default());
        let (one, other) = (Id::new(Uuid::from_u128(1)), Id::new(Uuid::from_u128(2)));
        let of = |tenant| seen.plan(Some(tenant), &plans).name.to_string();
        assert_eq!(of(one), "standard");
        seen.remember(one, Some(&name("free")), &plans);
        assert_eq!((of(one), of(other)), ("free".to_owned(), "standard".to_owned()));
        seen.remember(one, Some(&name("gone")), &plans);
        assert_eq!(of(one), "standard");
        seen.remember(one, Some(&name("free")), &plans);
        seen.remember(one, None, &plans);
        assert_eq!(of(one), "standard");
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let (plans, seen) = (Plans::only(Plan::open(name("standard"))), RecentPlans::default());
        for n in 0..MOST as u128 + 1 {
            seen.remember(Id::new(Uuid::from_u128(n)), None, &plans);
        }
        assert_eq!(seen.0.lock().unwrap().len(), MOST / 2 + 1);
    }
}
