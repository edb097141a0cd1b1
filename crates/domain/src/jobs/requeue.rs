use serde_json::json;

use super::error::JobsError;
use super::model::{JobId, JobRecord, JobStatus};
use super::ports::{JOB_UNIQUE, JobQueue, PLATFORM_JOB_UNIQUE};
use crate::Deps;
use crate::audit::{NewAudit, Object};
use crate::platform::NewPlatformAudit;
use crate::shared::RepositoryError;
use crate::tenancy::{Actor, JobsManage, Operator};
use time::OffsetDateTime;

/// Queues a job of the tenant that was given up once more, as if it had never been begun.
///
/// # Errors
///
/// See [`JobsError`].
pub async fn requeue(actor: &Actor, deps: &Deps, id: JobId) -> Result<JobRecord, JobsError> {
    let unit = deps.db.write(&actor.authorize(JobsManage)?).await?;
    let now = deps.clock.now();
    let job = again(unit.jobs(), id, now).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: now,
        action: "job.requeued",
        object: Object { kind: "job", id: id.as_uuid() },
        detail: json!({ "kind": job.kind }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(job)
}

/// The same for a job of the platform.
///
/// # Errors
///
/// See [`JobsError`].
pub async fn requeue_at_platform(operator: &Operator, deps: &Deps, id: JobId) -> Result<JobRecord, JobsError> {
    let unit = deps.db.platform(&operator.platform()).await?;
    let now = deps.clock.now();
    let job = again(unit.jobs(), id, now).await?;
    let event = NewPlatformAudit {
        id: deps.ids.next(),
        at: now,
        action: "job.requeued",
        object_id: Some(id.as_uuid()),
        detail: json!({ "kind": job.kind }),
    };
    unit.audit().record(event).await?;
    unit.commit().await?;
    Ok(job)
}

async fn again(jobs: &dyn JobQueue, id: JobId, now: OffsetDateTime) -> Result<JobRecord, JobsError> {
    let job = jobs.find(id).await?.ok_or(JobsError::NotFound)?;
    if job.status != JobStatus::Dead {
        return Err(JobsError::NotDead);
    }
    jobs.requeue(id, now).await.map_err(refused)?;
    jobs.find(id).await?.ok_or(JobsError::NotFound)
}

fn refused(error: RepositoryError) -> JobsError {
    match error {
        RepositoryError::Stale => JobsError::NotDead,
        error if error.is_conflict(JOB_UNIQUE) || error.is_conflict(PLATFORM_JOB_UNIQUE) => JobsError::QueuedAlready,
        error => error.into(),
    }
}
