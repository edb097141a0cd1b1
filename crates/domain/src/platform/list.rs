use super::{PlatformError, TenantFilter, TenantSort};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::Operator;
use crate::tenants::Tenant;

/// A page of tenants to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListTenants {
    /// Which.
    pub filter: TenantFilter,
    /// Which page.
    pub page: PageRequest<TenantSort>,
}

/// One page of tenants.
///
/// # Errors
///
/// See [`PlatformError`].
pub async fn list(operator: &Operator, deps: &Deps, query: ListTenants) -> Result<Page<Tenant>, PlatformError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    Ok(unit.tenants().list(&query.filter, &query.page).await?)
}
