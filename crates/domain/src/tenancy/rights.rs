use super::actor::{Actor, Denied};
use super::holder::Holder;
use super::support_rights::support_rights;
use crate::shared::RepositoryError;
use crate::tenants::TenantStatus;
use crate::uow::WriteUnit;

/// Makes acts on rights serial in the tenant, and holds the actor's own rights against what others have committed meanwhile.
/// Every act that changes what somebody may do calls it first: what it checks afterwards still holds at its commit.
///
/// # Errors
///
/// [`Denied::RightsChanged`] where the actor may no longer do what the request began with, and
/// [`Denied::TenantSuspended`] where the tenant is no longer in use.
pub(crate) async fn settle<E: From<Denied> + From<RepositoryError>>(
    actor: &Actor,
    unit: &dyn WriteUnit,
) -> Result<(), E> {
    let version = unit.tenant().raise_access_version().await?;
    if version == actor.access_version() + 1 {
        return Ok(());
    }
    let tenant = unit.tenant().get().await?;
    if tenant.deletion.is_some() || tenant.status != TenantStatus::Active {
        return Err(Denied::TenantSuspended.into());
    }
    let rights = match actor.holder() {
        Holder::Member(user) => unit.members().rights(user).await?,
        Holder::Service(account) => unit.services().rights(account).await?,
        // As of a session or a key, only an end counts here: what runs out while a request is under way lets it finish. Whether
        // the tenant is in use was asked above.
        Holder::Support { grant, .. } => {
            let grant = unit.support_grants().find(grant).await?;
            grant.filter(|grant| grant.end.is_none()).map(|grant| support_rights(grant.may_write))
        }
    };
    match rights {
        Some(rights) if actor.still_has(&rights) => Ok(()),
        _ => Err(Denied::RightsChanged.into()),
    }
}
