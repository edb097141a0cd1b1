use super::{Member, MemberError, MemberFilter, MemberSort};
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{Actor, MembersRead};

/// A page of members to be shown.
#[derive(Debug, Clone, Default)]
pub struct ListMembers {
    /// Which.
    pub filter: MemberFilter,
    /// Which page.
    pub page: PageRequest<MemberSort>,
}

/// One page of the tenant's members.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn list(actor: &Actor, deps: &Deps, query: ListMembers) -> Result<Page<Member>, MemberError> {
    let scope = actor.authorize(MembersRead)?;
    let unit = deps.db.read(&scope).await?;
    Ok(unit.members().list(&query.filter, &query.page).await?)
}
