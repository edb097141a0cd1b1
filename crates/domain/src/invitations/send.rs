use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{InvitationId, InvitationToken};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::jobs::{Job, JobError, JobHandler, JobId, JobScope, NewJob};
use crate::mail::{self, Message};

/// The kind of the job that sends an invitation; its payload is `{"invitation_id": ...}`.
pub const SEND_INVITATION: &str = "invitation.send";

/// Sends invitations.
///
/// # Why the secret is minted here
///
/// A queue, its backups and whoever can read them would otherwise hold a secret that opens a tenant. So the job carries an
/// id, each attempt mints a secret of its own, and only the secret's hash is stored, before the message goes out: what
/// arrives works. A repeated attempt sends another message, and the token of the last one counts.
#[derive(Debug, Clone, Copy)]
pub struct SendInvitation;

#[async_trait]
impl JobHandler for SendInvitation {
    fn kind(&self) -> &'static str {
        SEND_INVITATION
    }

    async fn run(&self, deps: &Deps, scope: &JobScope, job: &Job) -> Result<(), JobError> {
        let id = job.id_in("invitation_id")?;
        if let Some(message) = write_message(deps, scope, job.id, id).await? {
            deps.mailer.send(&message).await?;
        }
        Ok(())
    }
}

/// The job that sends this invitation.
pub(super) fn sending(deps: &Deps, invitation: InvitationId, now: OffsetDateTime) -> NewJob {
    NewJob {
        id: JobId::new(deps.ids.next()),
        kind: SEND_INVITATION,
        payload: json!({ "invitation_id": invitation }),
        run_at: now,
    }
}

/// Mints a secret and writes the message that carries it; `None` where the invitation can no longer be accepted.
async fn write_message(
    deps: &Deps,
    scope: &JobScope,
    job: JobId,
    id: InvitationId,
) -> Result<Option<Message>, JobError> {
    let unit = deps.db.write(&scope.write()).await?;
    let now = deps.clock.now();
    let Some(mut invitation) = unit.invitations().lock(id).await?.filter(|found| found.is_open(now)) else {
        return Ok(None);
    };
    let tenant = unit.tenant().get().await?;
    let token = InvitationToken { tenant_id: scope.tenant_id(), secret: deps.secrets.next() };
    let version = invitation.base.version;
    invitation.token_hash = Some(token.secret.hash());
    invitation.base.touch(now);
    unit.invitations().update(&invitation, version).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "invitation.token_minted",
        object: Object { kind: "invitation", id: id.as_uuid() },
        detail: json!({ "job_id": job }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Some(mail::invitation(&invitation.email, &tenant.name, &token, invitation.expires_at)))
}
