use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{IssuedReset, PasswordResetId, ResetToken};
use crate::Deps;
use crate::jobs::{Job, JobError, JobId, NewJob, PlatformJobHandler};
use crate::mail::{self, Message};
use crate::platform::NewPlatformAudit;
use crate::tenancy::PlatformScope;

/// The kind of the job that answers a request; its payload is `{"password_reset_id": ...}`.
pub const SEND_PASSWORD_RESET: &str = "password_reset.send";

/// Answers requests: with a message to whoever has the address, and not at all where nobody has.
///
/// As with invitations, each attempt mints a secret of its own and stores its hash before the message goes out; the token of
/// the last message counts, and no other of the person's.
#[derive(Debug, Clone, Copy)]
pub struct SendPasswordReset;

#[async_trait]
impl PlatformJobHandler for SendPasswordReset {
    fn kind(&self) -> &'static str {
        SEND_PASSWORD_RESET
    }

    async fn run(&self, deps: &Deps, scope: &PlatformScope, job: &Job) -> Result<(), JobError> {
        let id = job.id_in("password_reset_id")?;
        if let Some(message) = write_message(deps, scope, job.id, id).await? {
            deps.mailer.send(&message).await?;
        }
        Ok(())
    }
}

/// The job that answers this request.
pub(super) fn sending(deps: &Deps, reset: PasswordResetId, now: OffsetDateTime) -> NewJob {
    NewJob {
        id: JobId::new(deps.ids.next()),
        kind: SEND_PASSWORD_RESET,
        payload: json!({ "password_reset_id": reset }),
        run_at: now,
    }
}

/// Mints a secret and writes the message that carries it; `None` where nobody has the address, and where the request has run
/// out or was overtaken.
async fn write_message(
    deps: &Deps,
    scope: &PlatformScope,
    job: JobId,
    id: PasswordResetId,
) -> Result<Option<Message>, JobError> {
    let unit = deps.db.person().await?;
    let now = deps.clock.now();
    unit.password_resets().sweep(now).await?;
    let Some(reset) = unit.password_resets().find(id).await? else {
        unit.commit().await?;
        return Ok(None);
    };
    let Some(person) = unit.people().find_by_email(&reset.email).await? else {
        unit.password_resets().remove(id).await?;
        unit.commit().await?;
        return Ok(None);
    };
    // Two answers to the same person wait for each other here, and so does one for a reset that is under way.
    let user_id = person.base.id;
    let person = unit.people().lock(user_id).await?;
    if unit.password_resets().find(id).await?.is_none() {
        return Ok(None);
    }
    // A change of the address may have been what this waited for: the mailbox it was asked for is theirs no more.
    let Some(person) = person.filter(|person| person.email.key() == reset.email.key()) else {
        unit.password_resets().remove(id).await?;
        unit.commit().await?;
        return Ok(None);
    };
    let (token, expires_at) = (ResetToken(deps.secrets.next()), now + deps.policy.password_reset);
    unit.password_resets().void(user_id, Some(id)).await?;
    unit.password_resets().issue(id, &IssuedReset { user_id, token_hash: token.0.hash() }, expires_at).await?;
    let unit = unit.platform(scope).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "password_reset.token_minted",
        object_id: Some(user_id.as_uuid()),
        detail: json!({ "job_id": job }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(Some(mail::password_reset(&person.email, &token, expires_at)))
}
