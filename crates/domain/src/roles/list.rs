use super::{Role, RoleError, RoleFilter, RoleSort, kept};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, RolesRead};

/// A page of roles to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListRoles {
    /// Which.
    pub filter: RoleFilter,
    /// Which page.
    pub page: PageRequest<RoleSort>,
}

/// One page of the tenant's roles.
///
/// # Errors
///
/// See [`RoleError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListRoles) -> Result<Page<Role>, RoleError> {
    let scope = actor.authorize(RolesRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(kept::page(deps, unit.as_ref(), &query).await?)
}
