use super::{Role, RoleError, RoleId};
use crate::Deps;
use crate::tenancy::{Actor, RolesRead};

/// One role.
///
/// # Errors
///
/// See [`RoleError`].
pub async fn view(actor: &Actor, deps: &Deps, id: RoleId) -> Result<Role, RoleError> {
    let scope = actor.authorize(RolesRead)?;
    let unit = deps.db.read(&scope).await?;
    unit.roles().find(id).await?.ok_or(RoleError::NotFound)
}
