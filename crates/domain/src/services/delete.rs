use serde_json::json;

use super::rules::{not_above, present};
use super::{ServiceAccountId, ServiceError};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{
    Deleted, Deletion, DeletionId, MemberActor, ServiceAccountsManage, Version, expect_version, settle,
};

/// Deletes a service account that holds no more than the actor does. Its keys are revoked and its roles taken in the same
/// act: they end at their next request, for good.
///
/// # Errors
///
/// See [`ServiceError`].
pub async fn delete(
    actor: &MemberActor,
    deps: &Deps,
    id: ServiceAccountId,
    expected: Option<Version>,
) -> Result<Deleted, ServiceError> {
    let scope = actor.authorize(ServiceAccountsManage)?;
    let unit = deps.db.write(&scope).await?;
    settle::<ServiceError>(actor, unit.as_ref()).await?;
    let service = present(unit.services(), id).await?;
    not_above(actor, unit.as_ref(), &service).await?;
    let version = service.account.base.version;
    expect_version(version, expected)?;
    let now = deps.clock.now();
    let revoked = unit.api_keys().revoke_all(id, now).await?;
    unit.services().revoke_all(id).await?;
    unit.services().delete(id, Deletion { at: now, id: DeletionId::new(deps.ids.next()) }, version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "service_account.deleted",
        object: Object { kind: "service_account", id: id.as_uuid() },
        detail: json!({ "name": service.account.name.as_str(), "keys_revoked": revoked }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Deleted { deleted_at: now, purge_at: now + deps.policy.retention })
}
