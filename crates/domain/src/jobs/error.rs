use std::error::Error;

use crate::mail::MailError;
use crate::shared::{Fault, FaultKind, RepositoryError};
use crate::tenancy::Denied;

/// Why an attempt at a job failed. Its message is stored with the job and shown to whoever may see it, so it never carries a
/// secret: what a handler can say of its own is a text of the program, not of the data.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The payload lacks this field, or holds something else in it.
    #[error("the payload has no valid `{0}`")]
    Payload(&'static str),
    /// The database failed, or the row was changed meanwhile.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The message could not be handed over.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Anything else that a handler meets.
    #[error("{what}")]
    Failed {
        /// What failed, said to an operator.
        what: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl JobError {
    /// Whether no later attempt can succeed: the job is given up at once.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Payload(_) | Self::Mail(MailError::Refused(_)))
    }
}

/// Why a use case on jobs failed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Not allowed.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There is no such job.
    #[error("there is no such job")]
    NotFound,
    /// The job was not given up.
    #[error("only a job that was given up is queued again")]
    NotDead,
    /// Its like waits already, and only one may.
    #[error("a job of this kind is queued for the same thing already")]
    QueuedAlready,
    /// The database failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Fault for JobsError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => FaultKind::NotFound,
            Self::NotDead | Self::QueuedAlready => FaultKind::Conflict,
            Self::Repository(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.code(),
            Self::NotFound => "not_found",
            Self::NotDead => "job_not_dead",
            Self::QueuedAlready => "job_queued_already",
            Self::Repository(error) => error.code(),
        }
    }
}
