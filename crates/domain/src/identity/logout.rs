use serde_json::json;

use super::SessionError;
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::platform::NewPlatformAudit;
use crate::tenancy::{MemberActor, Operator, Write};

/// Ends the actor's session: its token is refused from now on. It works in a suspended tenant too.
///
/// # Errors
///
/// See [`SessionError`].
pub async fn logout(actor: &MemberActor, deps: &Deps) -> Result<(), SessionError> {
    end(actor, deps).await.map(|_| ())
}

/// Ends the actor's session; `false` where another request has ended it meanwhile.
pub(super) async fn end(actor: &MemberActor, deps: &Deps) -> Result<bool, SessionError> {
    let (id, now) = (actor.session_id(), deps.clock.now());
    let unit = deps.db.write(&actor.own_scope::<Write>()).await?;
    if !unit.sessions().end(id, now).await? {
        return Ok(false);
    }
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "session.ended",
        object: Object { kind: "session", id: id.as_uuid() },
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(true)
}

/// Ends the operator's session: its token is refused from now on.
///
/// # Errors
///
/// See [`SessionError`].
pub async fn logout_operator(operator: &Operator, deps: &Deps) -> Result<(), SessionError> {
    let (id, now) = (operator.session_id(), deps.clock.now());
    let unit = deps.db.platform(&operator.platform()).await?;
    unit.operators().end_session(id, now).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "operator_session.ended",
        object_id: Some(id.as_uuid()),
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}
