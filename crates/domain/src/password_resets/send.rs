use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::{IssuedReset, PasswordResetId, ResetToken};
use crate::Deps;
use crate::jobs::{Done, JobError, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority};
use crate::mail::{Message, Occasion};
use crate::platform::NewPlatformAudit;

crate::payload! {
    /// Which request to answer.
    pub struct ResetToSend {
        /// The request.
        password_reset_id: PasswordResetId,
    }
}

/// Answers requests: with a message to whoever has the address, and not at all where nobody has.
///
/// As with invitations, each attempt mints a secret of its own and stores its hash before the message goes out; the token of
/// the last message counts, and no other of the person's.
#[derive(Debug, Clone, Copy)]
pub struct SendPasswordReset;

impl JobKind for SendPasswordReset {
    const NAME: &'static str = "password_reset.send";
    const PRIORITY: Priority = Priority::High;
    type Payload = ResetToSend;
}

#[async_trait]
impl PlatformJobHandler for SendPasswordReset {
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: ResetToSend) -> Result<Done, JobError> {
        let Some(message) = write_message(attempt, about.password_reset_id).await? else {
            return Ok(attempt.closed::<Self>());
        };
        attempt.mailer().send(&message).await?;
        Ok(attempt.done())
    }
}

/// The job that answers this request.
pub(super) fn sending(deps: &Deps, reset: PasswordResetId, now: OffsetDateTime) -> NewJob {
    let about = ResetToSend { password_reset_id: reset };
    NewJob::of::<SendPasswordReset>(JobId::new(deps.ids.next()), &about, now)
}

/// Mints a secret and writes the message that carries it; `None` where nobody has the address, and where the request has run
/// out or was overtaken.
async fn write_message(attempt: &PlatformAttempt<'_>, id: PasswordResetId) -> Result<Option<Message>, JobError> {
    let unit = attempt.person().await?;
    let now = attempt.now();
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
    let (token, expires_at) = (ResetToken(attempt.secrets().next()), now + attempt.policy().password_reset);
    unit.password_resets().void(user_id, Some(id)).await?;
    unit.password_resets().issue(id, &IssuedReset { user_id, token_hash: token.0.hash() }, expires_at).await?;
    let unit = attempt.step(unit).await?;
    let event = NewPlatformAudit {
        id: attempt.next_id(),
        at: now,
        action: "password_reset.token_minted",
        object_id: Some(user_id.as_uuid()),
        detail: json!({ "job_id": attempt.job_id() }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    let occasion = Occasion::PasswordReset { token: token.reveal().into(), expires_at };
    Ok(Some(Message::of_platform(&person.email, occasion)))
}
