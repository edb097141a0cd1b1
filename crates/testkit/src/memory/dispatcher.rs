use async_trait::async_trait;
use cotenant_domain::jobs::{JobDispatcher, JobEnvelope, JobStatus};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::database::MemoryDatabase;
use super::jobs::StoredJob;
use super::state::State;

fn is_due(row: &StoredJob, now: OffsetDateTime) -> bool {
    row.job.status == JobStatus::Queued && row.run_at <= now && row.leased_until.is_none_or(|until| until <= now)
}

fn lease(state: &mut State, now: OffsetDateTime, until: OffsetDateTime, most: u32) -> Vec<JobEnvelope> {
    let rooms = state.rooms_mut().flat_map(|(tenant, room)| room.jobs.values_mut().map(move |row| (tenant, row)));
    let mut due: Vec<_> = rooms.filter(|(_, row)| is_due(row, now)).collect();
    due.sort_by_key(|(_, row)| (row.run_at, row.job.id));
    let chosen = due.into_iter().take(most as usize);
    chosen
        .map(|(tenant_id, row)| {
            row.leased_until = Some(until);
            row.job.lease += 1;
            row.job.attempts += 1;
            JobEnvelope { job_id: row.job.id, tenant_id, lease: row.job.lease }
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
        let leased = work.change(|state| Ok(lease(state, now, until, most)))?;
        work.publish()?;
        Ok(leased)
    }
}
