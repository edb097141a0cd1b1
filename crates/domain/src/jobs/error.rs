use std::error::Error;

use crate::mail::MailError;
use crate::shared::RepositoryError;

/// Why an attempt at a job failed. Its message is stored with the job and shown to operators, so it never carries a secret:
/// what a handler can say of its own is a text of the program, not of the data.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The payload has no id in this field.
    #[error("the payload has no id in `{0}`")]
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
