use super::rules::present;
use super::{Member, MemberError};
use crate::Deps;
use crate::identity::UserId;
use crate::tenancy::{Actor, MembersRead};

/// One member who was not removed.
///
/// # Errors
///
/// See [`MemberError`].
pub async fn view(actor: &Actor, deps: &Deps, user: UserId) -> Result<Member, MemberError> {
    let scope = actor.authorize(MembersRead)?;
    let unit = deps.db.read(&scope).await?;
    present(unit.members(), user).await
}
