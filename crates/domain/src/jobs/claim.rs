//! Which jobs a worker takes.
//!
//! # Why the platform has half of the hands at most
//!
//! Tenants take turns, and none has more than `tenant_in_hand`. The platform is no tenant: asked first each time, its jobs
//! would have every hand that comes free, and a flood of them (a message to everybody) would keep all tenants waiting. So
//! it and the tenants are asked first by turns, which shares out a single hand too, and half of the hands are out of its
//! reach, which keeps some for tenants when its jobs are slow.

use super::model::Leased;
use super::ports::Claim;
use super::run::WorkerSettings;
use crate::Deps;
use crate::shared::RepositoryError;
use crate::tenants::TenantId;

/// Whose turn it is, from one claim of a worker to its next.
#[derive(Debug, Clone, Copy, Default)]
pub struct Turn {
    tenant: Option<TenantId>,
    tenants_first: bool,
    cut: bool,
}

impl Turn {
    /// Whether the last claim ended early, because it had passed over many tenants that are not in use: the next is to come
    /// soon.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

/// Leases jobs that are due, of the platform and of the tenants, for the hands that what is `held` leaves free.
///
/// # Errors
///
/// [`RepositoryError`] where none could be leased.
pub async fn claim(
    deps: &Deps,
    settings: &WorkerSettings,
    held: &[Leased],
    turn: &mut Turn,
) -> Result<Vec<Leased>, RepositoryError> {
    let (now, free) = (deps.clock.now(), settings.hands.saturating_sub(count(held)));
    let claim = Claim { now, until: now + settings.lease, most: free, turn: settings.turn, in_hand: settings.in_hand };
    let first = turn.tenants_first;
    (turn.tenants_first, turn.cut) = (!first, false);
    let mut leased = Vec::new();
    for tenants in [first, !first] {
        let rest = Claim { most: free.saturating_sub(count(&leased)), ..claim };
        if rest.most == 0 {
            break;
        }
        let taken =
            if tenants { of_tenants(deps, &rest, turn).await } else { of_platform(deps, &rest, settings, held).await };
        match taken {
            Ok(taken) => leased.extend(taken),
            Err(error) if leased.is_empty() => return Err(error),
            // What is leased already is done; the rest is asked for again.
            Err(error) => tracing::warn!(%error, "not all jobs that are due could be leased"),
        }
    }
    Ok(leased)
}

async fn of_tenants(deps: &Deps, claim: &Claim, turn: &mut Turn) -> Result<Vec<Leased>, RepositoryError> {
    let round = deps.db.dispatcher().lease(claim, turn.tenant).await?;
    (turn.tenant, turn.cut) = (round.at.or(turn.tenant), round.cut);
    Ok(round.leased.into_iter().map(Leased::Tenant).collect())
}

async fn of_platform(
    deps: &Deps,
    claim: &Claim,
    settings: &WorkerSettings,
    held: &[Leased],
) -> Result<Vec<Leased>, RepositoryError> {
    let at_platform = held.iter().filter(|leased| leased.tenant_id().is_none()).count();
    let room = (settings.hands / 2).max(1).saturating_sub(u32::try_from(at_platform).unwrap_or(u32::MAX));
    let most = claim.most.min(room);
    if most == 0 {
        return Ok(Vec::new());
    }
    let leased = deps.db.dispatcher().lease_at_platform(&Claim { most, ..*claim }).await?;
    Ok(leased.into_iter().map(Leased::Platform).collect())
}

fn count(leased: &[Leased]) -> u32 {
    u32::try_from(leased.len()).unwrap_or(u32::MAX)
}
