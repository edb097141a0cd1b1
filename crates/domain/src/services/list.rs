use super::{Service, ServiceError, ServiceFilter, ServiceSort};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, ServiceAccountsRead};

/// A page of service accounts to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListServices {
    /// Which.
    pub filter: ServiceFilter,
    /// Which page.
    pub page: PageRequest<ServiceSort>,
}

/// One page of the tenant's service accounts.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListServices) -> Result<Page<Service>, ServiceError> {
    let scope = actor.authorize(ServiceAccountsRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(unit.services().list(&query.filter, &query.page).await?)
}
