use serde_json::json;

use super::SessionError;
use super::session::SessionId;
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{MemberActor, Write};

/// Ends one of the actor's own sessions in this tenant, the present one or another (ASVS 7.5.2). It works in a suspended
/// tenant too.
///
/// # Errors
///
/// See [`SessionError`]; [`SessionError::NotFound`] where the actor has no such session that lives.
pub async fn end_session(actor: &MemberActor, deps: &Deps, id: SessionId) -> Result<(), SessionError> {
    let now = deps.clock.now();
    let unit = deps.db.write(&actor.own_scope::<Write>()).await?;
    let session = unit.sessions().lock(id).await?;
    if session.is_none_or(|session| session.user_id != actor.user_id() || !session.lives(now)) {
        return Err(SessionError::NotFound);
    }
    unit.sessions().end(id, now).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "session.ended",
        object: Object { kind: "session", id: id.as_uuid() },
        detail: json!({ "by_session": actor.session_id() }),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}

/// Ends the actor's sessions in this tenant except the present one (ASVS 7.4.3, 7.5.2).
///
/// # Errors
///
/// See [`SessionError`].
pub async fn end_other_sessions(actor: &MemberActor, deps: &Deps) -> Result<(), SessionError> {
    let (kept, now) = (actor.session_id(), deps.clock.now());
    let unit = deps.db.write(&actor.own_scope::<Write>()).await?;
    let ended = unit.sessions().end_others(actor.user_id(), kept, now).await?;
    if ended == 0 {
        return Ok(());
    }
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "session.others_ended",
        object: Object { kind: "session", id: kept.as_uuid() },
        detail: json!({ "ended": ended }),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}
