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

/// Of how many tenants something is remembered at most.
const MOST_TENANTS: usize = 1_000;
/// Of how many holders and permissions in each. Each tenant has its own, so that what happens in one does not keep refusals
/// out of the log of another.
const MOST_OF_A_TENANT: usize = 200;

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
type Spells = HashMap<(Holder, Permission), Spell>;

struct Spell {
    until: OffsetDateTime,
    left_out: u64,
}

/// Holds refusals back that stand for others already.
#[derive(Default)]
pub struct Restraint(Mutex<HashMap<TenantId, Spells>>);

impl Restraint {
    /// How many were left out since the last one that was recorded; `None` where this one is left out as well.
    fn admit(&self, (tenant, holder, permission): Whom, now: OffsetDateTime) -> Option<u64> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.len() >= MOST_TENANTS && !tenants.contains_key(&tenant) {
            tenants.retain(|_, spells| spells.values().any(|spell| now < spell.until));
            if tenants.len() >= MOST_TENANTS {
                return None;
            }
        }
        let spells = tenants.entry(tenant).or_default();
        if let Some(spell) = spells.get_mut(&(holder, permission)) {
            if now < spell.until {
                spell.left_out = spell.left_out.saturating_add(1);
                return None;
            }
            let left_out = spell.left_out;
            *spell = Spell { until: now + SPELL, left_out: 0 };
            return Some(left_out);
        }
        if spells.len() >= MOST_OF_A_TENANT {
            spells.retain(|_, spell| now < spell.until);
        }
        // Full of others within this very minute: the log is spared.
        if spells.len() >= MOST_OF_A_TENANT {
            return None;
        }
        spells.insert((holder, permission), Spell { until: now + SPELL, left_out: 0 });
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
    fn what_is_remembered_has_a_bound_in_each_tenant_and_for_all() {
        let restraint = Restraint::default();
        let admitted = |tenant: u128, users: std::ops::Range<u128>, now| {
            let tenant: TenantId = Id::new(Uuid::from_u128(tenant));
            users
                .filter(|user| {
                    let (_, holder, permission) = whom(*user, Permission::StoresRead);
                    restraint.admit((tenant, holder, permission), now).is_some()
                })
                .count()
        };
        assert_eq!(admitted(1, 0..1_000, NOW), MOST_OF_A_TENANT);
        assert_eq!(admitted(2, 0..1, NOW), 1, "another tenant's refusals are recorded all the same");
        let tenants: usize = (3..3_000).map(|tenant| admitted(tenant, 0..1, NOW)).sum();
        assert_eq!(tenants, MOST_TENANTS - 2);
        let later = NOW + Duration::MINUTE;
        assert_eq!((admitted(1, 5_000..6_000, later), admitted(9_999, 0..1, later)), (MOST_OF_A_TENANT, 1));
    }
}
