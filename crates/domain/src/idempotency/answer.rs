use std::fmt;

use time::OffsetDateTime;

use super::fingerprint::Fingerprint;

/// An answer as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The address of what was made.
    pub location: Option<String>,
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its body; `None` where it held something that is shown once, which is kept nowhere.
    pub body: Option<Vec<u8>>,
}

/// What is stored under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Of which request.
    pub fingerprint: Fingerprint,
    /// When it was made.
    pub at: OffsetDateTime,
    /// What was answered.
    pub answer: Answer,
}

/// What a request met whose key had been used before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repetition {
    /// It was done: this was answered.
    Answered(Answer),
    /// The key was another request's.
    Reused,
    /// It was done in a store where whoever asks may do it no longer.
    OutOfReach,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What was answered is the tenant's, and no business of a log.
        write!(f, "Answer({}, ..)", self.status)
    }
}
