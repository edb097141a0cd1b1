use super::PlatformError;
use crate::Deps;
use crate::tenancy::Operator;
use crate::tenants::{Tenant, TenantId};

/// One tenant; a deleted one only where that is asked for.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn view(
    operator: &Operator,
    deps: &Deps,
    id: TenantId,
    include_deleted: bool,
) -> Result<Tenant, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    let found =
        if include_deleted { unit.tenants().find_with_deleted(id).await? } else { unit.tenants().find(id).await? };
    found.ok_or(PlatformError::NotFound)
}
