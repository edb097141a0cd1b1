use super::{Role, RoleError, RoleId, kept};
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
    kept::role(deps, unit.as_ref(), id).await?.ok_or(RoleError::NotFound)
}
