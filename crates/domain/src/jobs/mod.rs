//! Jobs: work that is promised in a transaction and done after it.
//!
//! A use case queues a job in its own unit of work; a worker calls [`run_due`] again and again. Each job runs with a
//! [`JobScope`] of its own tenant. An attempt that fails is repeated after a pause that grows; a worker that dies loses
//! its lease, and another takes the job over. So a job can begin more than once, and a [`JobHandler`] is written to bear
//! that.
//!
//! What concerns a person and no tenant, such as a message to somebody who forgot a password, is a job of the platform: in a
//! table of its own, done by a [`PlatformJobHandler`] in [`run_due_at_platform`], by the same rules.

mod backoff;
mod desk;
mod error;
mod handler;
mod model;
mod ports;
mod run;
mod scope;

pub use error::JobError;
pub use handler::{JobHandler, PlatformJobHandler};
pub use model::{Job, JobEnvelope, JobId, JobStatus, NewJob, PlatformJobEnvelope};
pub use ports::{JobDispatcher, JobQueue};
pub use run::{RunReport, WorkerSettings, run_due, run_due_at_platform};
pub use scope::JobScope;
