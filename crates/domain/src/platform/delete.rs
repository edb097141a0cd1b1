use serde_json::json;
use time::OffsetDateTime;

use super::PlatformError;
use super::act::{Act, routine};
use crate::Deps;
use crate::support::end_all_in;
use crate::tenancy::{Deleted, Deletion, DeletionId, Operator, Version, expect_version};
use crate::tenants::{Tenant, TenantId, TenantStatus};

/// Deletes a tenant: every token of it is refused at the next request, support's included, and it can be restored until its
/// purge. Its slug stays taken. The access version stays too: nobody has access to a deleted tenant, so there is none to look
/// up again.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn delete(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    expected: Option<Version>,
) -> Result<Deleted, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    let mut tenant = unit.tenants().find(id).await?.ok_or(PlatformError::NotFound)?;
    let version = tenant.base.version;
    expect_version(version, expected)?;
    let now = deps.clock.now();
    let purge_at = now + deps.policy.retention;
    close(&mut tenant, Deletion { at: now, id: DeletionId::new(deps.ids.next()) }, purge_at);
    unit.tenants().update(&tenant, version).await?;
    let unit = end_all_in(unit, &operator.platform(), deps, id, "tenant_deleted").await?;
    let act = Act { action: "tenant.deleted", tenant_id: id, at: now, reason: routine()?, detail: json!({}) };
    let entered = act.enter(unit, operator, deps).await?;
    entered.unit.tenant().raise_access_version().await?;
    entered.conclude().await?;
    Ok(Deleted { deleted_at: now, purge_at })
}

/// Closes a tenant. The epoch rises so that a restored tenant does not revive its old tokens. The reason of a suspension
/// stays: it tells a restore that the tenant was suspended.
pub(super) fn close(tenant: &mut Tenant, deletion: Deletion, purge_at: OffsetDateTime) {
    tenant.status = TenantStatus::Closing;
    tenant.deletion = Some(deletion);
    tenant.purge_at = Some(purge_at);
    tenant.epoch += 1;
    tenant.base.touch(deletion.at);
}
