use serde_json::{Value, json};

use super::{Role, RoleError, RoleId};
use crate::Deps;
use crate::audit::{NewAudit, Object, differences};
use crate::shared::{Description, Name};
use crate::tenancy::{Actor, PermissionSet, RolesWrite, Version, expect_version, settle};

/// Changes to a role; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ChangeRole {
    /// What people call it.
    pub name: Option<Name>,
    /// What it is for; `Some(None)` clears it.
    pub description: Option<Option<Description>>,
    /// What it holds.
    pub permissions: Option<PermissionSet>,
    /// The version that the caller saw; `None` changes whatever is there.
    pub expected: Option<Version>,
}

/// Changes a role, and so what all who hold it may do from their next request on. What it held before may stay or go;
/// only what is added must be held by the one who adds it. A change that changes nothing writes nothing.
///
/// # Errors
///
/// See [`RoleError`].
pub async fn change(actor: &Actor, deps: &Deps, id: RoleId, cmd: ChangeRole) -> Result<Role, RoleError> {
    let scope = actor.authorize(RolesWrite)?;
    let unit = deps.db.write(&scope).await?;
    settle::<RoleError>(actor, unit.as_ref()).await?;
    let before = unit.roles().find(id).await?.ok_or(RoleError::NotFound)?;
    let mut role = changed(&before, cmd, actor.permissions())?;
    if role == before {
        return Ok(role);
    }
    let now = deps.clock.now();
    role.base.touch(now);
    unit.roles().update(&role, before.base.version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "role.changed",
        object: Object { kind: "role", id: id.as_uuid() },
        detail: differences(fields(&before), fields(&role)),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(role)
}

/// The role as it shall be, if somebody who holds `own` in the whole tenant may make it so.
pub(super) fn changed(before: &Role, cmd: ChangeRole, own: PermissionSet) -> Result<Role, RoleError> {
    if before.system.is_some() {
        return Err(RoleError::SystemRole);
    }
    expect_version(before.base.version, cmd.expected)?;
    let mut role = before.clone();
    role.name = cmd.name.unwrap_or(role.name);
    role.description = cmd.description.unwrap_or(role.description);
    role.permissions = cmd.permissions.unwrap_or(role.permissions);
    let added = role.permissions.minus(before.permissions);
    let removed = before.permissions.minus(role.permissions);
    if added.union(removed).is_subset(own) { Ok(role) } else { Err(RoleError::BeyondOwnRights) }
}

fn fields(role: &Role) -> [(&'static str, Value); 3] {
    [
        ("name", json!(role.name.as_str())),
        ("description", json!(role.description.as_ref().map(Description::as_str))),
        ("permissions", json!(role.permissions.codes())),
    ]
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;
    use crate::roles::SystemRole;
    use crate::tenancy::Permission::{self, ProductsRead, StoresRead, TenantUpdate};
    use crate::tenancy::TenantBase;
    use crate::tenants::TenantId;

    fn set(permissions: &[Permission]) -> PermissionSet {
        permissions.iter().copied().collect()
    }

    fn role(permissions: &[Permission], system: Option<SystemRole>) -> Role {
        let base = TenantBase::new(RoleId::new(Uuid::nil()), TenantId::new(Uuid::nil()), OffsetDateTime::UNIX_EPOCH);
        let description = Some("Counts what is there".parse().unwrap());
        Role { base, name: "Clerk".parse().unwrap(), description, permissions: set(permissions), system }
    }

    fn to(permissions: &[Permission]) -> ChangeRole {
        ChangeRole { permissions: Some(set(permissions)), ..ChangeRole::default() }
    }

    #[test]
    fn what_is_added_or_taken_away_must_be_held() {
        let before = role(&[TenantUpdate, StoresRead], None);
        let own = set(&[ProductsRead, StoresRead]);
        assert!(changed(&before, to(&[TenantUpdate, ProductsRead]), own).is_ok(), "keeps one, drops and adds its own");
        assert!(changed(&before, to(&[StoresRead]), own).is_err(), "nobody takes what they could not give");
        let own = set(&[ProductsRead]);
        let beyond = changed(&role(&[ProductsRead], None), to(&[ProductsRead, StoresRead]), own);
        assert!(matches!(beyond, Err(RoleError::BeyondOwnRights)));
    }

    #[test]
    fn a_system_role_never_changes() {
        let before = role(&[StoresRead], Some(SystemRole::Member));
        let refused = changed(&before, ChangeRole::default(), PermissionSet::all());
        assert!(matches!(refused, Err(RoleError::SystemRole)));
    }

    #[test]
    fn absent_stays_and_null_clears() {
        let before = role(&[StoresRead], None);
        let same = changed(&before, ChangeRole::default(), PermissionSet::EMPTY).unwrap();
        assert_eq!(same, before);
        let cleared = ChangeRole { description: Some(None), ..ChangeRole::default() };
        assert_eq!(changed(&before, cleared, PermissionSet::EMPTY).unwrap().description, None);
    }

    #[test]
    fn a_version_that_is_gone_is_stale() {
        let cmd = ChangeRole { expected: Some(2), ..ChangeRole::default() };
        assert!(matches!(changed(&role(&[], None), cmd, PermissionSet::all()), Err(RoleError::Stale)));
    }
}
