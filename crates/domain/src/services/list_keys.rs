use super::key::{ApiKey, ApiKeyId};
use super::rules::present;
use super::{ServiceAccountId, ServiceError};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, ServiceAccountsRead};

/// One page of a service account's keys that were not revoked, oldest first.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn list_keys(
    actor: &Actor,
    deps: &Deps,
    account: ServiceAccountId,
    page: &PageRequest<()>,
) -> Result<Page<ApiKey>, ServiceError> {
    let scope = actor.authorize(ServiceAccountsRead)?;
    let unit = deps.db.read(&scope).await?;
    present(unit.services(), account).await?;
    Ok(unit.api_keys().list(account, page).await?)
}

/// One of a service account's keys that was not revoked.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn view_key(
    actor: &Actor,
    deps: &Deps,
    account: ServiceAccountId,
    id: ApiKeyId,
) -> Result<ApiKey, ServiceError> {
    let scope = actor.authorize(ServiceAccountsRead)?;
    let unit = deps.db.read(&scope).await?;
    present(unit.services(), account).await?;
    unit.api_keys().find(account, id).await?.ok_or(ServiceError::NotFound)
}
