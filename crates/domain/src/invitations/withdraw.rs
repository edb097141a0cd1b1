use serde_json::json;

use super::{InvitationError, InvitationId, InvitationStatus};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::tenancy::{Actor, InvitationsDelete, Version, expect_version};

/// Withdraws an open invitation, an expired one included; the token that was sent opens nothing from then on.
///
/// # Errors
///
/// See [`InvitationError`]; [`InvitationError::NotPending`] where it was accepted or withdrawn.
pub async fn withdraw(
    actor: &Actor,
    deps: &Deps,
    id: InvitationId,
    expected: Option<Version>,
) -> Result<(), InvitationError> {
    let scope = actor.authorize(InvitationsDelete)?;
    let unit = deps.db.write(&scope).await?;
    let mut invitation = unit.invitations().lock(id).await?.ok_or(InvitationError::NotFound)?;
    let version = invitation.base.version;
    expect_version(version, expected)?;
    if invitation.status != InvitationStatus::Pending {
        return Err(InvitationError::NotPending);
    }
    let now = deps.clock.now();
    invitation.close(InvitationStatus::Withdrawn, now);
    unit.invitations().update(&invitation, version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "invitation.withdrawn",
        object: Object { kind: "invitation", id: id.as_uuid() },
        detail: json!({}),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(())
}
