//! Jobs: work that is promised in a transaction and done after it.
//!
//! A use case queues a job in its own unit of work; a worker calls [`run_due`] again and again. Each job runs with a
//! [`JobScope`] of its own tenant. An attempt that fails is repeated after a pause that grows; a worker that dies loses
//! its lease, and another takes the job over. So a job can begin more than once, and a [`JobHandler`] is written to bear
//! that.

mod backoff;
mod error;
mod handler;
mod model;
mod ports;
mod run;
mod scope;

pub use error::JobError;
pub use handler::JobHandler;
pub use model::{Job, JobEnvelope, JobId, JobStatus, NewJob};
pub use ports::{JobDispatcher, JobQueue};
pub use run::{RunReport, WorkerSettings, run_due};
pub use scope::JobScope;
