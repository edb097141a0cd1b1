//! Jobs: work that is promised in a transaction and done after it.

mod model;
mod ports;

pub use model::{Job, JobEnvelope, JobId, JobStatus, NewJob};
pub use ports::{JobDispatcher, JobQueue};
