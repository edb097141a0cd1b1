//! Jobs of a kind that no handler of the worker knows.
//!
//! # Why they are put off
//!
//! While a new version is rolled out, old workers meet jobs of kinds that only new ones know, and what they gave up would be
//! lost work that is in order. A claim that asked for known kinds alone would not meet them; but the dispatcher, which sees
//! the jobs of all tenants, would have to see the kinds too, and a kind says what a tenant is doing. So a worker that meets
//! one hands it back with a pause, and the attempt does not count. The pause grows with the time for which nobody knew the
//! kind: one who does has the job soon after a roll-out began, and one that nobody ever does costs little.
//!
//! After a day of meeting only those who do not know it the job is given up: a roll-out takes less, and somebody has to see
//! a kind that was taken away. The day begins with the first who met it, not when it was queued: it may have waited for a
//! tenant that was not in use. And it begins anew where nobody met it for longer than the longest pause: then it waited for
//! something else than a worker that knows it.

use time::Duration;

use super::desk::Desk;
use super::model::JobRecord;
use super::run::{Outcome, give_up};
use crate::Deps;
use crate::shared::RepositoryError;

/// So long nobody may know a job's kind before it is given up.
const PATIENCE: Duration = Duration::DAY;
const SHORTEST: Duration = Duration::seconds(10);
const LONGEST: Duration = Duration::minutes(15);
const WHY: &str = "no handler knows this kind of job";

/// Hands a job back whose kind nobody here knows, or gives it up where nobody has known it for too long.
pub(super) async fn put_off(deps: &Deps, desk: &Desk<'_>, job: &JobRecord) -> Result<Outcome, RepositoryError> {
    let now = deps.clock.now();
    let met_lately = now - job.run_at <= LONGEST;
    let since = job.unknown_since.filter(|_| met_lately).unwrap_or(now);
    if now - since >= PATIENCE {
        return give_up(deps, desk, job, WHY).await;
    }
    let unit = desk.open(deps).await?;
    unit.jobs().put_off(job.id, job.lease, WHY, since, now + pause(now - since)).await?;
    unit.commit().await?;
    if job.unknown_since.is_none() {
        let tenant = desk.leased().tenant_id().map(tracing::field::display);
        tracing::warn!(job = %job.id, tenant, kind = job.kind, "this worker does not know this kind of job");
    }
    Ok(Outcome::PutOff)
}

/// A quarter of the time for which nobody knew it, within bounds.
fn pause(unknown_for: Duration) -> Duration {
    (unknown_for / 4_i32).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_with_the_time_for_which_nobody_knew_the_kind() {
        let pauses = [0, 40, 80, 3_600, 36_000].map(|seconds| pause(Duration::seconds(seconds)).whole_seconds());
        assert_eq!(pauses, [10, 10, 20, 900, 900]);
    }
}
