use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

use super::answer::Answer;
use super::errand::Errand;
use super::sweep::sweeping;
use crate::Deps;
use crate::shared::RepositoryError;
use crate::tenants::TenantId;

/// One sweep stands for all that is kept in one of these spells, which follow each other from midnight on (UTC).
const SPELL: Duration = Duration::hours(6);
/// Of how many tenants the next sweep is remembered.
const MOST: usize = 10_000;

/// Which sweeps this process has ordered.
///
/// # Why a sweep is ordered with what it will sweep
///
/// Nothing looks into all tenants. So whoever keeps an answer orders the sweep of their own tenant, in the same transaction;
/// one order stands for all answers of a spell, and comes after the last of them has run out. Whoever orders another for the
/// same spell finds it queued: what is remembered here saves a statement, and nothing depends on it.
#[derive(Default)]
pub struct Sweeps(Mutex<HashMap<Option<TenantId>, OffsetDateTime>>);

impl Sweeps {
    /// Whether no sweep stands for what is kept at this moment; `None` is the platform.
    fn is_due(&self, owner: Option<TenantId>, now: OffsetDateTime) -> bool {
        let ordered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ordered.get(&owner).is_none_or(|until| now >= *until)
    }

    fn ordered(&self, owner: Option<TenantId>, until: OffsetDateTime, now: OffsetDateTime) {
        let mut ordered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ordered.len() >= MOST {
            ordered.retain(|_, until| now < *until);
        }
        // More tenants at once than are worth remembering.
        if ordered.len() >= MOST {
            ordered.clear();
        }
        ordered.insert(owner, until);
    }
}

/// The end of the spell in which an instant lies.
fn spell_end(at: OffsetDateTime) -> OffsetDateTime {
    let begun = Duration::seconds(at.unix_timestamp().rem_euclid(SPELL.whole_seconds()));
    at - begun - Duration::nanoseconds(at.nanosecond().into()) + SPELL
}

/// Keeps the answer to a complete errand, and makes everything take effect. `owner` is the tenant in which it was done; `None`
/// is the platform.
///
/// # Errors
///
/// [`RepositoryError`]: nothing happened, and the key is free.
pub async fn conclude(
    errand: &Errand,
    deps: &Deps,
    sweeps: &Sweeps,
    owner: Option<TenantId>,
    answer: &Answer,
) -> Result<(), RepositoryError> {
    let Some((id, unit)) = errand.end() else {
        return Err(RepositoryError::Failed("there is nothing to conclude".into()));
    };
    unit.answers().keep(&id, answer).await?;
    // From the request's own time on: what is swept by it is measured by that.
    let (at, until) = (errand.at(), spell_end(errand.at()));
    let due = sweeps.is_due(owner, at);
    if due {
        unit.jobs().enqueue(sweeping(deps, at, until)).await?;
    }
    unit.commit().await?;
    if due {
        sweeps.ordered(owner, until, at);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::Id;
    use time::macros::datetime;
    use uuid::Uuid;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn one_sweep_stands_for_all_that_is_kept_in_a_spell() {
        let sweeps = Sweeps::default();
        let tenant = Some(Id::new(Uuid::from_u128(1)));
        assert!(sweeps.is_due(tenant, NOW));
        sweeps.ordered(tenant, NOW + SPELL, NOW);
        assert!(!sweeps.is_due(tenant, NOW + SPELL - Duration::MICROSECOND) && sweeps.is_due(tenant, NOW + SPELL));
        assert!(sweeps.is_due(None, NOW) && sweeps.is_due(Some(Id::new(Uuid::from_u128(2))), NOW));
    }

    #[test]
    fn a_spell_ends_after_all_that_is_in_it_and_at_the_same_instant_for_all() {
        for (at, end) in [
            (datetime!(2026-11-24 00:00 UTC), datetime!(2026-11-24 06:00 UTC)),
            (datetime!(2026-11-24 05:59:59.999_999 UTC), datetime!(2026-11-24 06:00 UTC)),
            (datetime!(2026-11-24 18:00:00.000_001 UTC), datetime!(2026-11-25 00:00 UTC)),
            (datetime!(1969-12-31 23:59:59.5 UTC), datetime!(1970-01-01 00:00 UTC)),
        ] {
            assert_eq!(spell_end(at), end);
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let sweeps = Sweeps::default();
        for n in 0..3 * MOST as u128 {
            sweeps.ordered(Some(Id::new(Uuid::from_u128(n))), NOW + SPELL, NOW);
        }
        assert!(sweeps.0.lock().unwrap().len() <= MOST);
    }
}
