use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::Deps;
use crate::jobs::{
    Attempt, Done, JobError, JobHandler, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority,
};

/// How long an answer is kept; from then on its key is free.
pub const KEPT: Duration = Duration::DAY;

/// How many answers are taken away in one transaction: however many there are, none takes long.
const AT_A_TIME: u32 = 200;

/// Takes away the answers that are kept no longer, of one tenant or of the platform.
#[derive(Debug, Clone, Copy)]
pub struct SweepAnswers;

/// The job that takes away what is kept until `last`, once that has run out: one for all who order it until then. A job that
/// waits for an earlier instant would come too early.
pub(super) fn sweeping(deps: &Deps, now: OffsetDateTime, last: OffsetDateTime) -> NewJob {
    NewJob::of::<SweepAnswers>(JobId::new(deps.ids.next()), &(), now).not_before(last + KEPT).once_per(&last)
}

impl JobKind for SweepAnswers {
    const NAME: &'static str = "answers.sweep";
    const PRIORITY: Priority = Priority::Low;
    type Payload = ();
}

#[async_trait]
impl JobHandler for SweepAnswers {
    async fn run(&self, attempt: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        loop {
            let unit = attempt.write().await?;
            if unit.answers().sweep(attempt.now() - KEPT, AT_A_TIME).await? < u64::from(AT_A_TIME) {
                return attempt.finish(unit).await;
            }
            unit.commit().await?;
        }
    }
}

#[async_trait]
impl PlatformJobHandler for SweepAnswers {
    async fn run(&self, attempt: &PlatformAttempt<'_>, (): ()) -> Result<Done, JobError> {
        loop {
            let unit = attempt.platform().await?;
            if unit.answers().sweep(attempt.now() - KEPT, AT_A_TIME).await? < u64::from(AT_A_TIME) {
                return attempt.finish(unit).await;
            }
            unit.commit().await?;
        }
    }
}
