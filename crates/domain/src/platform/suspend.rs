use serde_json::json;

use super::PlatformError;
use super::act::Act;
use crate::Deps;
use crate::shared::Reason;
use crate::tenancy::{Operator, Version, expect_version};
use crate::tenants::{Tenant, TenantId, TenantStatus};

/// Suspends a tenant: its members can see who they are, switch and sign out, and nothing else, at the next request.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn suspend(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    reason: Reason,
    expected: Option<Version>,
) -> Result<Tenant, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    let mut tenant = unit.tenants().find(id).await?.ok_or(PlatformError::NotFound)?;
    let version = tenant.base.version;
    expect_version(version, expected)?;
    if tenant.status == TenantStatus::Suspended {
        return Err(PlatformError::AlreadySuspended);
    }
    let now = deps.clock.now();
    tenant.status = TenantStatus::Suspended;
    tenant.suspended_reason = Some(reason.clone());
    tenant.base.touch(now);
    unit.tenants().update(&tenant, version).await?;
    let act = Act { action: "tenant.suspended", tenant_id: id, at: now, reason, detail: json!({}) };
    let entered = act.enter(unit, operator, deps).await?;
    entered.unit.tenant().raise_access_version().await?;
    entered.conclude().await?;
    Ok(tenant)
}
