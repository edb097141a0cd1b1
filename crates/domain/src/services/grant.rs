use super::rules::{not_the_owner, parties, present, within_reach};
use super::{Service, ServiceError, ServiceGrant};
use crate::Deps;
use crate::roles::{authorize_giving, record_of};
use crate::tenancy::{MemberActor, settle};

/// Gives a service account a role, in the whole tenant or at one store: never more than the one who gives it holds there,
/// and never the owner role. It counts from the next request on. A role that the account had already stays, and nothing is
/// written.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn grant(actor: &MemberActor, deps: &Deps, grant: ServiceGrant) -> Result<Service, ServiceError> {
    let scope = authorize_giving(actor, grant.store_id)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let (service, role) = parties(actor, unit.as_ref(), &grant).await?;
    not_the_owner(&role)?;
    let now = deps.clock.now();
    if !unit.services().grant(&grant, scope.principal(), now).await? {
        return Ok(within_reach(service, &scope));
    }
    let service = within_reach(present(unit.services(), grant.account_id).await?, &scope);
    unit.audit().record(record_of(deps, now, "service_account.granted", grant.into())).await?;
    unit.commit().await?;
    Ok(service)
}
