use serde_json::json;

use super::{RoleError, RoleId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{Actor, Deleted, Deletion, DeletionId, RolesWrite, Version, expect_version, settle};

/// Deletes a role. From their next request on it gives nothing to those who held it.
///
/// # Errors
///
/// See [`RoleError`].
pub async fn delete(actor: &Actor, deps: &Deps, id: RoleId, expected: Option<Version>) -> Result<Deleted, RoleError> {
    let scope = actor.authorize(RolesWrite)?;
    let unit = deps.db.write(&scope).await?;
    settle::<RoleError>(actor, unit.as_ref()).await?;
    let role = unit.roles().find(id).await?.ok_or(RoleError::NotFound)?;
    if role.system.is_some() {
        return Err(RoleError::SystemRole);
    }
    // Deleting a role takes its permissions from all who hold it.
    if !role.permissions.is_subset(actor.permissions()) {
        return Err(RoleError::BeyondOwnRights);
    }
    expect_version(role.base.version, expected)?;
    let now = deps.clock.now();
    let deletion = Deletion { at: now, id: DeletionId::new(deps.ids.next()) };
    unit.roles().delete(id, deletion, role.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "role.deleted",
        object: Object { kind: "role", id: id.as_uuid() },
        detail: json!({ "name": role.name.as_str(), "permissions": role.permissions.codes() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Deleted { deleted_at: now, purge_at: now + deps.policy.retention })
}
