//! Refusals: what a member asked for and may not do.
//!
//! # Why they are held back
//!
//! Each record takes the tenant's place in its log, which is locked until it is written. A member with a valid token and
//! nothing else could fill the log, and keep everybody else waiting for it. So of one member, one permission and one minute
//! one refusal is recorded, and the next one says how many were left out. That count lives in the process: each server counts
//! for itself, and what was left out when it ends, or after the last record, is told by nobody.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{AuditError, NewAudit};
use crate::Deps;
use crate::tenancy::{Actor, Holder, Permission, Standing, Write};
use crate::tenants::TenantId;

/// How long a refusal stands for those like it.
const SPELL: Duration = Duration::MINUTE;

/// Of how many members and permissions something is remembered at most: some 1 MB.
const MOST: usize = 10_000;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was needed.
    pub permission: Permission,
    /// What the client was told: a problem's code.
    pub code: &'static str,
    /// What was asked for: the method and the path as the API's description has it, without what the client put there.
    pub request: String,
}

type Whom = (TenantId, Holder, Permission);

struct Spell {
    until: OffsetDateTime,
    left_out: u64,
}

/// Holds refusals back that stand for others already.
#[derive(Default)]
pub struct Restraint(Mutex<HashMap<Whom, Spell>>);

impl Restraint {
    /// How many were left out since the last one that was recorded; `None` where this one is left out as well.
    fn admit(&self, whom: Whom, now: OffsetDateTime) -> Option<u64> {
        let mut spells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spell) = spells.get_mut(&whom) {
            if now < spell.until {
                spell.left_out = spell.left_out.saturating_add(1);
                return None;
            }
            let left_out = spell.left_out;
            *spell = Spell { until: now + SPELL, left_out: 0 };
            return Some(left_out);
        }
        if spells.len() >= MOST {
            spells.retain(|_, spell| now < spell.until);
        }
        // Full of others within this very minute: the log is spared.
        if spells.len() >= MOST {
            return None;
        }
        spells.insert(whom, Spell { until: now + SPELL, left_out: 0 });
        Some(0)
    }
}

/// Records that something was refused to a member, in a unit of its own; whatever was begun for the request is over. Refusals
/// that stand for others already are left out, and so is what is refused in a suspended tenant, where everything is.
///
/// # Errors
///
/// See [`AuditError`].
pub async fn record_refusal(
    actor: &Actor,
    deps: &Deps,
    restraint: &Restraint,
    refusal: Refusal,
) -> Result<(), AuditError> {
    let now = deps.clock.now();
    let whom = (actor.tenant_id(), actor.holder(), refusal.permission);
    if actor.standing() == Standing::Suspended {
        return Ok(());
    }
    let Some(left_out) = restraint.admit(whom, now) else { return Ok(()) };
    let unit = deps.db.write(&actor.bare_scope::<Write>()).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "access.refused",
        object: actor.holder().object(),
        detail: json!({
            "permission": refusal.permission.code(), "code": refusal.code, "request": refusal.request,
            "left_out": left_out
        }),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shared::Id;
    use time::macros::datetime;
    use uuid::Uuid;

    const NOW: OffsetDateTime = datetime!(2026-11-23 03:20:04 UTC);

    fn whom(user: u128, permission: Permission) -> Whom {
        (Id::new(Uuid::from_u128(1)), Holder::Member(Id::new(Uuid::from_u128(user))), permission)
    }

    #[test]
    fn one_a_minute_stands_for_all_and_the_next_tells_how_many() {
        let restraint = Restraint::default();
        let (clerk, other) = (whom(1, Permission::StoresRead), whom(2, Permission::StoresRead));
        assert_eq!(restraint.admit(clerk, NOW), Some(0));
        assert_eq!(restraint.admit(other, NOW), Some(0), "somebody else");
        assert_eq!(restraint.admit(whom(1, Permission::RolesRead), NOW), Some(0), "something else");
        for second in 0..60 {
            assert_eq!(restraint.admit(clerk, NOW + Duration::seconds(second)), None);
        }
        assert_eq!(restraint.admit(clerk, NOW + Duration::MINUTE), Some(60));
        assert_eq!(restraint.admit(clerk, NOW + Duration::minutes(3)), Some(0));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let restraint = Restraint::default();
        let admitted = |from: u128, now| {
            (from..from + 20_000)
                .filter(|user| restraint.admit(whom(*user, Permission::StoresRead), now).is_some())
                .count()
        };
        assert_eq!(admitted(0, NOW), MOST);
        assert_eq!(admitted(50_000, NOW + Duration::MINUTE), MOST);
        assert!(restraint.0.lock().unwrap().len() <= MOST);
    }
}
