use super::rules::present;
use super::{Service, ServiceAccountId, ServiceError};
use crate::Deps;
use crate::tenancy::{Actor, ServiceAccountsRead};

/// One service account.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn view(actor: &Actor, deps: &Deps, id: ServiceAccountId) -> Result<Service, ServiceError> {
    let scope = actor.authorize(ServiceAccountsRead)?;
    let unit = deps.db.read(&scope).await?;
    present(unit.services(), id).await
}
