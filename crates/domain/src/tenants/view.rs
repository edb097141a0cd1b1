use super::{Tenant, TenantError, own_tenant};
use crate::Deps;
use crate::tenancy::{Actor, TenantRead};

/// The actor's own tenant.
///
/// # Errors
///
/// See [`TenantError`].
pub async fn view(actor: &Actor, deps: &Deps) -> Result<Tenant, TenantError> {
    let unit = deps.db.read(&actor.authorize(TenantRead)?).await?;
    Ok(own_tenant(deps, unit.as_ref()).await?)
}
