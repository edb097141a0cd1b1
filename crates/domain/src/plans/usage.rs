use super::model::{Plan, Resource};
use crate::Deps;
use crate::tenancy::{Actor, TenantRead};
use crate::tenants::TenantError;

/// What a tenant has, beside what it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Its plan.
    pub plan: Plan,
    used: Vec<(Resource, u64)>,
}

impl Usage {
    /// How much there is of one resource.
    pub fn of(&self, resource: Resource) -> u64 {
        self.used.iter().find(|(counted, _)| *counted == resource).map_or(0, |(_, used)| *used)
    }
}

/// What the actor's own tenant has and may have.
///
/// # Errors
///
/// See [`TenantError`].
pub async fn usage(actor: &Actor, deps: &Deps) -> Result<Usage, TenantError> {
    let unit = deps.db.read(&actor.authorize(TenantRead)?).await?;
    let tenant = unit.tenant().get().await?;
    let mut used = Vec::new();
    for resource in Resource::ALL {
        used.push((resource, unit.tenant().used(resource).await?));
    }
    Ok(Usage { plan: deps.plans.of(tenant.plan.as_ref()).clone(), used })
}
