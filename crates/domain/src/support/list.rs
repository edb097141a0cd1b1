use super::{SupportError, SupportGrant, SupportGrantFilter};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, Operator, SupportRead};

/// A page of support grants to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListSupportGrants {
    /// Which.
    pub filter: SupportGrantFilter,
    /// Which page, in the order in which they were made.
    pub page: PageRequest<()>,
}

/// One page of the grants in the actor's tenant, those that are over included.
///
/// # Errors
///
/// See [`SupportError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListSupportGrants) -> Result<Page<SupportGrant>, SupportError> {
    let scope = actor.authorize(SupportRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(unit.support_grants().list(&query.filter, &query.page).await?)
}

/// One page of the grants of all operators in all tenants: among operators nobody's access is a secret.
///
/// # Errors
///
/// See [`SupportError`].
pub async fn list_at_platform(
    operator: &Operator,
    deps: &Deps,
    query: ListSupportGrants,
) -> Result<Page<SupportGrant>, SupportError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    Ok(unit.support_grants().list(&query.filter, &query.page).await?)
}
