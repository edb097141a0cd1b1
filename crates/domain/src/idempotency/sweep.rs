use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use crate::Deps;
use crate::jobs::{
    Attempt, Done, JobError, JobHandler, JobId, JobKind, NewJob, PlatformAttempt, PlatformJobHandler, Priority,
};

/// How long an answer is kept; from then on its key is free.
pub const KEPT: Duration = Duration::DAY;

/// Takes away the answers that are kept no longer, of one tenant or of the platform.
#[derive(Debug, Clone, Copy)]
pub struct SweepAnswers;

/// The job that takes away what is kept until `last`, once that has run out.
///
/// It has no unique key: one that waits comes too early for what was kept after it was queued.
pub(super) fn sweeping(deps: &Deps, now: OffsetDateTime, last: OffsetDateTime) -> NewJob {
    NewJob::of::<SweepAnswers>(JobId::new(deps.ids.next()), &(), now).not_before(last + KEPT)
}

impl JobKind for SweepAnswers {
    const NAME: &'static str = "answers.sweep";
    const PRIORITY: Priority = Priority::Low;
    type Payload = ();
}

#[async_trait]
impl JobHandler for SweepAnswers {
    async fn run(&self, attempt: &Attempt<'_>, (): ()) -> Result<Done, JobError> {
        let unit = attempt.write().await?;
        unit.answers().sweep(attempt.now() - KEPT).await?;
        attempt.finish(unit).await
    }
}

#[async_trait]
impl PlatformJobHandler for SweepAnswers {
    async fn run(&self, attempt: &PlatformAttempt<'_>, (): ()) -> Result<Done, JobError> {
        let unit = attempt.platform().await?;
        unit.answers().sweep(attempt.now() - KEPT).await?;
        attempt.finish(unit).await
    }
}
