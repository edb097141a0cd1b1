use async_trait::async_trait;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use crate::Deps;
use crate::jobs::{Job, JobError, JobHandler, JobId, JobScope, NewJob, PlatformJobHandler};
use crate::tenancy::PlatformScope;

/// How long an answer is kept; from then on its key is free.
pub const KEPT: Duration = Duration::DAY;

/// The kind of job that takes away the answers that are kept no longer.
pub const SWEEP_ANSWERS: &str = "sweep_answers";

/// Takes away the answers that are kept no longer, of one tenant or of the platform.
#[derive(Debug, Clone, Copy)]
pub struct SweepAnswers;

/// The job that takes away what is kept until `last`, once that has run out.
pub(super) fn sweeping(deps: &Deps, last: OffsetDateTime) -> NewJob {
    NewJob { id: JobId::new(deps.ids.next()), kind: SWEEP_ANSWERS, payload: json!({}), run_at: last + KEPT }
}

#[async_trait]
impl JobHandler for SweepAnswers {
    fn kind(&self) -> &'static str {
        SWEEP_ANSWERS
    }

    async fn run(&self, deps: &Deps, scope: &JobScope, _: &Job) -> Result<(), JobError> {
        let unit = deps.db.write(&scope.write()).await?;
        unit.answers().sweep(deps.clock.now() - KEPT).await?;
        Ok(unit.commit().await?)
    }
}

#[async_trait]
impl PlatformJobHandler for SweepAnswers {
    fn kind(&self) -> &'static str {
        SWEEP_ANSWERS
    }

    async fn run(&self, deps: &Deps, scope: &PlatformScope, _: &Job) -> Result<(), JobError> {
        let unit = deps.db.platform(scope).await?;
        unit.answers().sweep(deps.clock.now() - KEPT).await?;
        Ok(unit.commit().await?)
    }
}
