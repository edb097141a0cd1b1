use super::SessionError;
use super::session::Session;
use crate::Deps;
use crate::shared::{Page, PageRequest};
use crate::tenancy::{MemberActor, Read};

/// One of the actor's own sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// The session.
    pub session: Session,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// One page of the actor's own sessions in this tenant that live, oldest first. It works in a suspended tenant too.
///
/// # Errors
///
/// See [`SessionError`].
pub async fn list_sessions(
    actor: &MemberActor,
    deps: &Deps,
    page: &PageRequest<()>,
) -> Result<Page<OwnSession>, SessionError> {
    let unit = deps.db.read(&actor.own_scope::<Read>()).await?;
    let sessions = unit.sessions().list(actor.user_id(), deps.clock.now(), page).await?;
    Ok(sessions.map(|session| OwnSession { current: session.id == actor.session_id(), session }))
}
