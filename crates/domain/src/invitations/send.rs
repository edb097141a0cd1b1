use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{InvitationId, InvitationToken};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::jobs::{Attempt, Done, JobError, JobHandler, JobId, JobKind, NewJob, Priority};
use crate::mail::{Message, Occasion};

crate::payload! {
    /// Which invitation to send.
    pub struct InvitationToSend {
        /// The invitation.
        invitation_id: InvitationId,
    }
}

/// Sends invitations.
///
/// # Why the secret is minted here
///
/// A queue, its backups and whoever can read them would otherwise hold a secret that opens a tenant. So the job carries an
/// id, each attempt mints a secret of its own, and only the secret's hash is stored, before the message goes out: what
/// arrives works. A repeated attempt sends another message, and the token of the last one counts.
#[derive(Debug, Clone, Copy)]
pub struct SendInvitation;

impl JobKind for SendInvitation {
    const NAME: &'static str = "invitation.send";
    const PRIORITY: Priority = Priority::High;
    type Payload = InvitationToSend;
}

#[async_trait]
impl JobHandler for SendInvitation {
    async fn run(&self, attempt: &Attempt<'_>, about: InvitationToSend) -> Result<Done, JobError> {
        let Some(message) = write_message(attempt, about.invitation_id).await? else {
            return Ok(attempt.closed::<Self>());
        };
        attempt.mailer().send(&message).await?;
        Ok(attempt.done())
    }
}

/// The job that sends this invitation.
pub(crate) fn sending(deps: &Deps, invitation_id: InvitationId, now: OffsetDateTime) -> NewJob {
    NewJob::of::<SendInvitation>(JobId::new(deps.ids.next()), &InvitationToSend { invitation_id }, now)
}

/// Mints a secret and writes the message that carries it; `None` where the invitation can no longer be accepted.
async fn write_message(attempt: &Attempt<'_>, id: InvitationId) -> Result<Option<Message>, JobError> {
    let unit = attempt.write().await?;
    let now = attempt.now();
    let Some(mut invitation) = unit.invitations().lock(id).await?.filter(|found| found.is_open(now)) else {
        return Ok(None);
    };
    let tenant = unit.tenant().get().await?;
    let token = InvitationToken { tenant_id: attempt.tenant_id(), secret: attempt.secrets().next() };
    let version = invitation.base.version;
    invitation.token_hash = Some(token.secret.hash());
    invitation.base.touch(now);
    unit.invitations().update(&invitation, version).await?;
    let event = NewAudit {
        id: attempt.next_id(),
        at: now,
        action: "invitation.token_minted",
        object: Object { kind: "invitation", id: id.as_uuid() },
        detail: json!({ "job_id": attempt.job_id() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    let (expires_at, speaker) = (invitation.expires_at, Some(tenant.name.clone()));
    let occasion = Occasion::Invitation { tenant: tenant.name, token: token.reveal().into(), expires_at };
    Ok(Some(Message { to: invitation.email, speaker, locale: tenant.locale, occasion }))
}
