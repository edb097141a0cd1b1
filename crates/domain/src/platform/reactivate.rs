use serde_json::json;

use super::PlatformError;
use super::act::{Act, routine};
use crate::Deps;
use crate::tenancy::{Operator, Version, expect_version};
use crate::tenants::{Tenant, TenantId, TenantStatus};

/// Ends a tenant's suspension. An end of its time stays: a tenant whose time has run out is in use again only after a
/// [`change`](super::change()) of it.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn reactivate(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    expected: Option<Version>,
) -> Result<Tenant, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    let mut tenant = unit.tenants().find(id).await?.ok_or(PlatformError::NotFound)?;
    let version = tenant.base.version;
    expect_version(version, expected)?;
    if tenant.status != TenantStatus::Suspended {
        return Err(PlatformError::NotSuspended);
    }
    let now = deps.clock.now();
    tenant.status = TenantStatus::Active;
    tenant.suspended_reason = None;
    tenant.base.touch(now);
    unit.tenants().update(&tenant, version).await?;
    let act = Act { action: "tenant.reactivated", tenant_id: id, at: now, reason: routine()?, detail: json!({}) };
    let entered = act.enter(unit, operator, deps).await?;
    entered.unit.tenant().raise_access_version().await?;
    entered.conclude().await?;
    Ok(tenant)
}
