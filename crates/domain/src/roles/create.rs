use serde_json::json;

use super::{Role, RoleError, RoleId};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::shared::{Description, Name};
use crate::tenancy::{Actor, PermissionSet, RolesWrite, TenantBase, settle};

/// A role to be created.
#[derive(Debug, Clone)]
pub struct CreateRole {
    /// The client's own id for it; `None` lets us choose.
    pub id: Option<RoleId>,
    /// What people call it.
    pub name: Name,
    /// What it is for.
    pub description: Option<Description>,
    /// What it holds.
    pub permissions: PermissionSet,
}

/// Creates a role that holds nothing beyond what its creator holds in the whole tenant.
///
/// # Errors
///
/// See [`RoleError`].
pub async fn create(actor: &Actor, deps: &Deps, cmd: CreateRole) -> Result<Role, RoleError> {
    let scope = actor.authorize(RolesWrite)?;
    if !cmd.permissions.is_subset(actor.permissions()) {
        return Err(RoleError::BeyondOwnRights);
    }
    let now = deps.clock.now();
    let id = cmd.id.unwrap_or_else(|| RoleId::new(deps.ids.next()));
    let role = Role {
        base: TenantBase::new(id, scope.tenant_id(), now),
        name: cmd.name,
        description: cmd.description,
        permissions: cmd.permissions,
        system: None,
    };
    let unit = deps.db.write(&scope).await?;
    settle::<RoleError>(actor, unit.as_ref()).await?;
    unit.roles().insert(&role).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "role.created",
        object: Object { kind: "role", id: id.as_uuid() },
        detail: json!({ "name": role.name.as_str(), "permissions": role.permissions.codes() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(role)
}
