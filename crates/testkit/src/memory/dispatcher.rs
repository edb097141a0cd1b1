use async_trait::async_trait;
use cotenant_domain::jobs::{JobDispatcher, JobEnvelope, JobStatus, PlatformJobEnvelope};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::database::MemoryDatabase;
use super::jobs::StoredJob;

fn is_due(row: &StoredJob, now: OffsetDateTime) -> bool {
    row.job.status == JobStatus::Queued && row.run_at <= now && row.leased_until.is_none_or(|until| until <= now)
}

/// Leases the oldest of these jobs that are due; gives them with their owners.
fn lease<'s, T: Copy>(
    jobs: impl Iterator<Item = (T, &'s mut StoredJob)>,
    now: OffsetDateTime,
    until: OffsetDateTime,
    most: u32,
) -> Vec<(T, &'s StoredJob)> {
    let mut due: Vec<_> = jobs.filter(|(_, row)| is_due(row, now)).collect();
    due.sort_by_key(|(_, row)| (row.run_at, row.job.id));
    let chosen = due.into_iter().take(most as usize);
    chosen
        .map(|(owner, row)| {
            row.leased_until = Some(until);
            row.job.lease += 1;
            row.job.attempts += 1;
            (owner, &*row)
        })
        .collect()
}

#[async_trait]
impl JobDispatcher for MemoryDatabase {
    async fn lease(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<JobEnvelope>, RepositoryError> {
        let work = self.writer().await;
        let leased = work.change(|state| {
            let jobs =
                state.rooms_mut().flat_map(|(tenant, room)| room.jobs.values_mut().map(move |row| (tenant, row)));
            let leased = lease(jobs, now, until, most).into_iter();
            let envelope =
                |(tenant_id, row): (_, &StoredJob)| JobEnvelope { job_id: row.job.id, tenant_id, lease: row.job.lease };
            Ok(leased.map(envelope).collect())
        })?;
        work.publish()?;
        Ok(leased)
    }

    async fn lease_at_platform(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
        most: u32,
    ) -> Result<Vec<PlatformJobEnvelope>, RepositoryError> {
        let work = self.writer().await;
        let leased = work.change(|state| {
            let jobs = state.platform_jobs.values_mut().map(|row| ((), row));
            let leased = lease(jobs, now, until, most).into_iter();
            Ok(leased.map(|((), row)| PlatformJobEnvelope { job_id: row.job.id, lease: row.job.lease }).collect())
        })?;
        work.publish()?;
        Ok(leased)
    }
}
