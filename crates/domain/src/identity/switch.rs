use super::SessionError;
use super::logout::logout;
use super::model::VerifiedPerson;
use super::session::{SignedIn, begin, usable};
use crate::Deps;
use crate::shared::Slug;
use crate::tenancy::Actor;

/// Begins a session in another tenant of the same person, or a new one in the same tenant, and ends the present one. The new
/// one lives no longer than the present one would have: switching is no sign-in.
///
/// The two sessions lie in different tenants, so they are two units of work. The new one comes first: a crash between them
/// leaves a session that nobody holds the token of, and it expires; the other way round it would leave the person with
/// none.
///
/// # Errors
///
/// See [`SessionError`]; [`SessionError::NotFound`] where there is no such tenant and where the person is no active member.
pub async fn switch(actor: &Actor, deps: &Deps, to: &Slug) -> Result<SignedIn, SessionError> {
    let unit = deps.db.person().await?;
    let person = unit.people().find(actor.user_id()).await?.ok_or(SessionError::Ended)?;
    let mine = usable(unit.people().memberships(VerifiedPerson::new(actor.user_id())).await?);
    let own = mine.into_iter().find(|own| own.slug == *to).ok_or(SessionError::NotFound)?;
    let latest = Some(actor.session_expires_at());
    let signed_in = begin::<SessionError>(unit, deps, actor.origin(), person, own, latest).await?;
    logout(actor, deps).await?;
    Ok(signed_in)
}
