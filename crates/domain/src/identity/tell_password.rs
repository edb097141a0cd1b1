use async_trait::async_trait;
use serde_json::json;
use time::OffsetDateTime;

use super::model::UserId;
use crate::Deps;
use crate::jobs::{Job, JobError, JobId, NewJob, PlatformJobHandler};
use crate::mail;
use crate::tenancy::PlatformScope;

/// The kind of the job that tells a person of their new password; its payload is `{"user_id": ...}`.
pub const TELL_OF_PASSWORD: &str = "password.tell";

/// Tells people that their password was changed: who did not do it themselves has to know (ASVS 6.3.7).
#[derive(Debug, Clone, Copy)]
pub struct TellOfPassword;

#[async_trait]
impl PlatformJobHandler for TellOfPassword {
    fn kind(&self) -> &'static str {
        TELL_OF_PASSWORD
    }

    async fn run(&self, deps: &Deps, _: &PlatformScope, job: &Job) -> Result<(), JobError> {
        let unit = deps.db.person().await?;
        let person = unit.people().find(job.id_in("user_id")?).await?;
        drop(unit);
        if let Some(person) = person {
            deps.mailer.send(&mail::password_changed(&person.email)).await?;
        }
        Ok(())
    }
}

/// The job that tells this person.
pub(crate) fn telling(deps: &Deps, person: UserId, now: OffsetDateTime) -> NewJob {
    NewJob {
        id: JobId::new(deps.ids.next()),
        kind: TELL_OF_PASSWORD,
        payload: json!({ "user_id": person }),
        run_at: now,
    }
}
