use cotenant_domain::jobs::{JobFilter, JobRecord, JobStatus, ListJobs, Priority};
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{Choice, Choices, LimitField, Text, WordField, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A job. What it is about is not shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8050", "kind": "invitation.send", "status": "queued", "running": false,
    "priority": "high", "attempts": 1, "run_at": "2026-11-23T03:20:34.123456Z",
    "last_error": "the message could not be sent", "created_at": "2026-11-23T03:20:04.123456Z", "finished_at": null
}))]
pub(super) struct JobView {
    id: Uuid,
    /// What is done, as `object.verb`.
    kind: String,
    /// `queued`, `done`, or `dead`: given up after its last attempt.
    status: &'static str,
    /// Whether a worker is at it now.
    running: bool,
    /// `high`, `normal` or `low`: its place among the tenant's own jobs.
    priority: &'static str,
    /// How many attempts have begun.
    attempts: u32,
    /// It does not begin before this.
    #[serde(serialize_with = "timestamp")]
    run_at: OffsetDateTime,
    /// Why the last attempt failed.
    last_error: Option<String>,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    /// When it was done or given up.
    #[serde(serialize_with = "maybe_timestamp")]
    finished_at: Option<OffsetDateTime>,
}

impl JobView {
    /// The job as it is at `now`.
    pub(super) fn at(now: OffsetDateTime, job: JobRecord) -> Self {
        Self {
            id: job.id.as_uuid(),
            running: job.is_running(now),
            kind: job.kind,
            status: job.status.as_str(),
            priority: match job.priority {
                Priority::High => "high",
                Priority::Normal => "normal",
                Priority::Low => "low",
            },
            attempts: job.attempts,
            run_at: job.run_at,
            last_error: job.last_error,
            created_at: job.created_at,
            finished_at: job.finished_at,
        }
    }
}

impl Choices for JobStatus {
    const NAME: &'static str = "JobStatus";
    const ALL: &'static [(&'static str, Self)] =
        &[("queued", Self::Queued), ("done", Self::Done), ("dead", Self::Dead)];
}

/// The one order of jobs.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "JobSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type StatusField = Text<Choice<JobStatus>>;
type JobSortField = SortField<ById>;

/// Which jobs, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct JobQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<JobSortField>,
    /// Only jobs that stand here.
    #[garde(dive)]
    #[schema(nullable = false)]
    status: Option<StatusField>,
    /// Only jobs of this kind, such as `invitation.send`.
    #[garde(dive)]
    #[schema(nullable = false)]
    kind: Option<WordField>,
}

impl JobQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListJobs, ApiError> {
        let filter = JobFilter {
            status: valid(self.status)?.map(|status| status.0),
            kind: valid(self.kind)?.map(|word| word.0),
        };
        let page = page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?);
        Ok(ListJobs { filter, page })
    }
}
