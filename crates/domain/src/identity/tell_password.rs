use async_trait::async_trait;
use time::OffsetDateTime;

use super::model::UserId;
use crate::Deps;
use crate::jobs::{Done, JobError, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority};
use crate::mail::{Message, Occasion};

crate::payload! {
    /// Whom to tell.
    pub struct PersonToTell {
        /// The person.
        user_id: UserId,
    }
}

/// Tells people that their password was changed: who did not do it themselves has to know (ASVS 6.3.7).
#[derive(Debug, Clone, Copy)]
pub struct TellOfPassword;

impl JobKind for TellOfPassword {
    const NAME: &'static str = "password.tell";
    const PRIORITY: Priority = Priority::High;
    type Payload = PersonToTell;
}

#[async_trait]
impl PlatformJobHandler for TellOfPassword {
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: PersonToTell) -> Result<Done, JobError> {
        let unit = attempt.person().await?;
        let person = unit.people().find(about.user_id).await?;
        drop(unit);
        let Some(person) = person else { return Ok(attempt.closed::<Self>()) };
        let message = Message::of_platform(&person.email, Occasion::PasswordChanged);
        attempt.mailer().send(&message).await?;
        Ok(attempt.done())
    }
}

/// The job that tells this person.
pub(crate) fn telling(deps: &Deps, person: UserId, now: OffsetDateTime) -> NewJob {
    NewJob::of::<TellOfPassword>(JobId::new(deps.ids.next()), &PersonToTell { user_id: person }, now)
}
