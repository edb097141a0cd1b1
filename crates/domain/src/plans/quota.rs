use serde_json::{Value, json};

use super::model::{Plans, Resource};
use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Actor;
use crate::tenants::Tenant;
use crate::uow::WriteUnit;

/// The tenant has as much of something as its plan allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the plan of the tenant has no room for more: {used} of {limit} {what} are there", what = .resource.as_str())]
pub struct QuotaExceeded {
    /// Of what.
    pub resource: Resource,
    /// The most there may be.
    pub limit: u32,
    /// How many there are: more than the limit where the plan was a larger one before.
    pub used: u64,
}

impl Fault for QuotaExceeded {
    fn kind(&self) -> FaultKind {
        FaultKind::Conflict
    }

    fn code(&self) -> &'static str {
        "quota_exceeded"
    }

    fn facts(&self) -> Vec<(&'static str, Value)> {
        vec![("resource", json!(self.resource.as_str())), ("limit", json!(self.limit)), ("used", json!(self.used))]
    }
}

/// Makes sure that the actor's tenant may have one more of something, until the unit ends: whoever else adds one waits.
///
/// Where the plan bounds nothing it asks nothing: the actor brings the plan along.
///
/// # Errors
///
/// [`QuotaExceeded`], and what the repository says.
pub(crate) async fn make_room<E: From<QuotaExceeded> + From<RepositoryError>>(
    actor: &Actor,
    plans: &Plans,
    unit: &dyn WriteUnit,
    resource: Resource,
) -> Result<(), E> {
    if plans.of(actor.plan()).quotas.of(resource).is_none() {
        return Ok(());
    }
    let tenant = unit.tenant().lock().await?;
    there_is_room(&tenant, plans, unit, resource).await
}

/// Whether a tenant may have one more of something. It holds for as long as nobody else adds one: the caller has locked the
/// tenant's record, or takes the answer for a hint.
///
/// # Errors
///
/// [`QuotaExceeded`], and what the repository says.
pub(crate) async fn there_is_room<E: From<QuotaExceeded> + From<RepositoryError>>(
    tenant: &Tenant,
    plans: &Plans,
    unit: &dyn WriteUnit,
    resource: Resource,
) -> Result<(), E> {
    let Some(limit) = plans.of(tenant.plan.as_ref()).quotas.of(resource) else {
        return Ok(());
    };
    let used = unit.tenant().used(resource).await?;
    if used < u64::from(limit) { Ok(()) } else { Err(QuotaExceeded { resource, limit, used }.into()) }
}
