use serde_json::json;

use super::end_all::event;
use crate::Deps;
use crate::services::NOTED_EVERY;
use crate::shared::RepositoryError;
use crate::tenancy::UsedGrant;

/// Notes when and from where a grant was used, at the pace of keys where it goes on from the same address. The tenant's log is told of the first use and of a use from
/// another address; what is done is recorded there in any case. A grant that was ended since is noted like any other: whoever
/// looks and leaves at once has looked.
///
/// # Errors
///
/// Those of the database. Nothing depends on it.
pub async fn note_use(deps: &Deps, used: &UsedGrant) -> Result<(), RepositoryError> {
    let unit = deps.db.write(&used.scope()).await?;
    let Some(grant) = unit.support_grants().find(used.grant_id()).await? else { return Ok(()) };
    // Another process may have noted it meanwhile.
    let address = used.origin().address.as_deref();
    let elsewhere = grant.last_used_at.is_none() || grant.last_used_address.as_deref() != address;
    if !elsewhere && grant.last_used_at.is_some_and(|last| used.at() < last + NOTED_EVERY) {
        return Ok(());
    }
    unit.support_grants().note_use(grant.id, used.at(), address).await?;
    if elsewhere {
        let detail = json!({ "address_before": grant.last_used_address });
        unit.audit().record(event(deps, &grant, "support_grant.used", used.at(), detail)).await?;
    }
    unit.commit().await
}
