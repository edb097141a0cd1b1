use super::SessionError;
use super::logout::end;
use super::model::VerifiedPerson;
use super::sign_in::{SignedIn, begin, usable};
use crate::Deps;
use crate::shared::Slug;
use crate::tenancy::MemberActor;

/// Begins a session in another tenant of the same person, or a new one in the same tenant, and ends the present one. The new
/// one lives no longer than the present one would have: switching is no sign-in.
///
/// The two sessions lie in different tenants, so they are two units of work. The present one ends first: of any number of
/// switches at once with one token, one begins a session. A crash between the two leaves the person to sign in again.
///
/// # Errors
///
/// See [`SessionError`]; [`SessionError::NotFound`] where there is no such tenant and where the person is no active member,
/// and then the present session goes on.
pub async fn switch(actor: &MemberActor, deps: &Deps, to: &Slug) -> Result<SignedIn, SessionError> {
    let unit = deps.db.person().await?;
    let person = unit.people().find(actor.user_id()).await?.ok_or(SessionError::Ended)?;
    let mine = usable(unit.people().memberships(VerifiedPerson::new(actor.user_id())).await?);
    let own = mine.into_iter().find(|own| own.slug == *to).ok_or(SessionError::NotFound)?;
    // Where there is one writer, two units at once would wait for each other.
    drop(unit);
    if !end(actor, deps).await? {
        return Err(SessionError::Ended);
    }
    let unit = deps.db.person().await?;
    let latest = Some(actor.session_expires_at());
    begin::<SessionError>(unit, deps, actor.origin(), person, own, latest).await?.ok_or(SessionError::Ended)
}
