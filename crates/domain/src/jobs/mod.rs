//! Jobs: work that is promised in a transaction and done after it.
//!
//! A use case queues a job in its own unit of work; a worker [`claim`]s jobs that are due and [`work`]s at them, each in its
//! own tenant through an [`Attempt`]. An attempt that fails is repeated after a pause that grows; a worker that dies loses
//! its leases, and others take its jobs over. So a job can begin more than once: what a [`JobHandler`] stores together with
//! the end of its job takes effect once, and the rest has to bear a repetition.
//!
//! What concerns a person and no tenant, such as a message to somebody who forgot a password, is a job of the platform: in a
//! table of its own, done by a [`PlatformJobHandler`], by the same rules.
//!
//! How to write one: `docs/jobs.md`.

mod attempt;
mod backoff;
mod catalog;
mod cron;
mod desk;
mod error;
mod handlers;
mod kind;
mod list;
mod model;
mod payload;
mod ports;
mod requeue;
mod run;
mod schedule;
mod scope;

pub use attempt::{Attempt, Done, PlatformAttempt};
pub use catalog::handlers;
pub use error::{JobError, JobsError};
pub use handlers::Handlers;
pub use kind::{JobHandler, JobKind, Pauses, PlatformJobHandler, Priority};
pub use list::{ListJobs, list, list_at_platform};
pub use model::{JobEnvelope, JobFilter, JobId, JobRecord, JobStatus, Leased, NewJob, PlatformJobEnvelope};
pub use payload::{Field, Fields, Payload};
pub use ports::{Claim, JOB_UNIQUE, JobDispatcher, JobQueue, JobReader, PLATFORM_JOB_UNIQUE, ScheduleRepository};
pub use requeue::{requeue, requeue_at_platform};
pub use run::{Outcome, RunReport, WorkerSettings, broken_off, claim, purge, run_due, work};
pub use schedule::{BadCron, next_scheduled, queue_scheduled};
