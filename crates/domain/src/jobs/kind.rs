use async_trait::async_trait;
use time::Duration;

use super::attempt::{Attempt, Done, PlatformAttempt};
use super::error::JobError;
use super::payload::Payload;

/// A job's place among those of its tenant. It counts there only: between tenants nobody is first, they take turns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Before the others: somebody waits for it.
    High,
    /// The usual.
    #[default]
    Normal,
    /// After the others: it may take until they are done.
    Low,
}

impl Priority {
    /// All, first to last.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The stored form, which sorts as they are done: 0, 1, 2.
    pub const fn rank(self) -> i16 {
        match self {
            Self::High => 0,
            Self::Normal => 1,
            Self::Low => 2,
        }
    }

    /// Reads the stored form.
    pub fn of_rank(rank: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.rank() == rank)
    }
}

/// The pauses between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// After the first failed attempt; each further pause is twice as long.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

/// A kind of job: what it is called, what it is about, and how it is tried.
pub trait JobKind: Send + Sync + 'static {
    /// Its name as `object.verb`. Jobs in the queue carry it, so it never changes.
    const NAME: &'static str;
    /// How often it is begun before it is given up; `None` leaves that to the setting `jobs.max_attempts`.
    const ATTEMPTS: Option<u32> = None;
    /// The pauses between attempts.
    const PAUSES: Pauses = Pauses { first: Duration::seconds(30), longest: Duration::hours(1) };
    /// The priority of its jobs, unless one is queued with another.
    const PRIORITY: Priority = Priority::Normal;
    /// What its jobs are about.
    type Payload: Payload;
}

/// Does the jobs of one kind, in their tenants.
///
/// An [`Attempt`] reaches the job's tenant and nothing wider. The same job can be begun again after a failure or a lost
/// worker, even while the first attempt still runs. What the handler does in the unit that it gives to
/// [`Attempt::finish`] takes effect once, whatever happens; what it does elsewhere (a message sent, another service called)
/// can happen more than once, and must harm nobody when it does.
#[async_trait]
pub trait JobHandler: JobKind {
    /// Makes one attempt. Jobs of a tenant that is not in use are kept for later and do not come here.
    ///
    /// # Errors
    ///
    /// Any [`JobError`]: the job is tried again after a pause, a limited number of times.
    async fn run(&self, attempt: &Attempt<'_>, about: Self::Payload) -> Result<Done, JobError>;
}

/// Does the jobs of one kind at the platform: what concerns people and no tenant. By the same rules as [`JobHandler`].
#[async_trait]
pub trait PlatformJobHandler: JobKind {
    /// Makes one attempt.
    ///
    /// # Errors
    ///
    /// As [`JobHandler::run`].
    async fn run(&self, attempt: &PlatformAttempt<'_>, about: Self::Payload) -> Result<Done, JobError>;
}
