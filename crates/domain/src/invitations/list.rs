use super::{Invitation, InvitationError, InvitationFilter};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, InvitationsRead};

/// A page of invitations to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListInvitations {
    /// Which.
    pub filter: InvitationFilter,
    /// Which page.
    pub page: PageRequest<()>,
}

/// One page of the tenant's invitations.
///
/// # Errors
///
/// See [`InvitationError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListInvitations) -> Result<Page<Invitation>, InvitationError> {
    let scope = actor.authorize(InvitationsRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(unit.invitations().list(&query.filter, &query.page).await?)
}
