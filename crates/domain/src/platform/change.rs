use time::OffsetDateTime;

use super::PlatformError;
use super::act::{Act, routine};
use super::create::future;
use crate::Deps;
use crate::audit::differences;
use crate::mail::Locale;
use crate::shared::{Name, PlanName, Slug};
use crate::tenancy::{Operator, Version, expect_version};
use crate::tenants::{Tenant, TenantId, fields};

/// Changes to a tenant; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeTenant {
    /// What people call it.
    pub name: Option<Name>,
    /// Its name in addresses and at sign-in.
    pub slug: Option<Slug>,
    /// In which language its people are written to; `Some(None)` is the platform's.
    pub locale: Option<Option<Locale>>,
    /// Its plan, which has to be one that is offered; `Some(None)` is the one that the settings name.
    pub plan: Option<Option<PlanName>>,
    /// When its time runs out; `Some(None)` takes the end away.
    pub expires_at: Option<Option<OffsetDateTime>>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes a tenant. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn change(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    cmd: ChangeTenant,
) -> Result<Tenant, PlatformError> {
    let now = deps.clock.now();
    let expires_at = cmd.expires_at.map(|end| end.map(|end| future(end, now)).transpose()).transpose()?;
    if let Some(Some(plan)) = &cmd.plan {
        deps.plans.find(plan).ok_or(PlatformError::UnknownPlan)?;
    }
    let unit = deps.db.platform(&operator.platform()).await?;
    let before = unit.tenants().find(id).await?.ok_or(PlatformError::NotFound)?;
    expect_version(before.base.version, cmd.expected)?;
    let mut tenant = before.clone();
    tenant.name = cmd.name.unwrap_or(tenant.name);
    tenant.slug = cmd.slug.unwrap_or(tenant.slug);
    tenant.locale = cmd.locale.unwrap_or(tenant.locale);
    tenant.plan = cmd.plan.unwrap_or(tenant.plan);
    tenant.expires_at = expires_at.unwrap_or(tenant.expires_at);
    if tenant == before {
        return Ok(tenant);
    }
    tenant.base.touch(now);
    unit.tenants().update(&tenant, before.base.version).await?;
    let detail = differences(fields(&before), fields(&tenant));
    let act = Act { action: "tenant.changed", tenant_id: id, at: now, reason: routine()?, detail };
    let entered = act.enter(unit, operator, deps).await?;
    if tenant.expires_at != before.expires_at {
        entered.unit.tenant().raise_access_version().await?;
    }
    entered.conclude().await?;
    Ok(tenant)
}
