use super::rules::{parties, within_reach};
use super::{Service, ServiceError, ServiceGrant};
use crate::Deps;
use crate::roles::{authorize_giving, record_of};
use crate::tenancy::{MemberActor, settle};

/// Takes a role from a service account, where the actor could have given it. It counts from the next request on. Where the
/// account did not have it, nothing is written.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn revoke(actor: &MemberActor, deps: &Deps, grant: ServiceGrant) -> Result<Service, ServiceError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let (mut service, _) = parties(actor, unit.as_ref(), &grant).await?;
    if !unit.services().revoke(&grant).await? {
        return Ok(within_reach(service, &scope));
    }
    service.grants.retain(|held| *held != grant);
    unit.audit().record(record_of(deps, deps.clock.now(), "service_account.revoked", grant.into())).await?;
    unit.commit().await?;
    Ok(within_reach(service, &scope))
}
