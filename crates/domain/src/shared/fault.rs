use std::error::Error;

use serde_json::Value;
use time::Duration;

/// What kind of failure a use case met: the one thing that an adapter at the edge (HTTP, a job runner, a command line)
/// has to know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The input breaks a rule; [`Fault::fields`] may say where.
    Invalid,
    /// Nobody proved who they are, or the proof has ended.
    Unauthenticated,
    /// The permission is held nowhere in this tenant.
    Forbidden,
    /// Not there, or outside the caller's scope: the two are never told apart.
    NotFound,
    /// At odds with what exists.
    Conflict,
    /// The caller's version of the row is not the current one.
    Stale,
    /// The caller asks too often; the same request may succeed later.
    TooMany,
    /// Too much is going on; the same request may succeed soon.
    Busy,
    /// Something that is needed is away; the same request may succeed later.
    Unavailable,
    /// A defect of ours.
    Internal,
}

/// One input field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// RFC 6901 pointer into the request document, for example `/store_roles/0/role_id`.
    pub pointer: String,
    /// The rule, said to a person.
    pub detail: String,
}

/// A failure that tells the edge how to answer.
pub trait Fault: Error + Send + Sync + 'static {
    /// The kind, from which an HTTP status follows.
    fn kind(&self) -> FaultKind;
    /// A stable code in snake_case, the tail of the problem type.
    fn code(&self) -> &'static str;
    /// After what time the same may succeed, where that is known.
    fn wait(&self) -> Option<Duration> {
        None
    }
    /// What a program can read of it beside its code, each by a name in snake_case.
    fn facts(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }
    /// The fields at fault, where there are some.
    fn fields(&self) -> Vec<FieldFault> {
        Vec::new()
    }
}

/// What a repository can answer instead of a result.
///
/// After any of these a unit of work may only be dropped: PostgreSQL refuses everything in a failed transaction, and
/// the in-memory adapter behaves the same.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A unique rule is broken. The name is `<table>_<column>_unique` on every database.
    #[error("the unique rule {0} is broken")]
    Conflict(String),
    /// A reference points to nothing in this tenant.
    #[error("a referenced row does not exist in this tenant")]
    MissingReference,
    /// A write, or a row that was read, lies outside the scope of the unit of work.
    #[error("outside the scope of the unit of work")]
    OutOfScope,
    /// The row's version is not the expected one, or the row is gone.
    #[error("the row was changed meanwhile")]
    Stale,
    /// The request was done before, under the same key; its [errand](crate::idempotency::Errand) knows what to answer.
    #[error("the request was made before")]
    Repeated,
    /// The database cannot be reached or cannot take more work at the moment.
    #[error("the database is not available")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Anything else: a defect.
    #[error("the database failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

impl RepositoryError {
    /// Whether this is a conflict on the named unique rule.
    pub fn is_conflict(&self, rule: &str) -> bool {
        matches!(self, Self::Conflict(broken) if broken == rule)
    }
}

impl Fault for RepositoryError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Conflict(_) | Self::Repeated => FaultKind::Conflict,
            Self::Stale => FaultKind::Stale,
            Self::Unavailable(_) => FaultKind::Unavailable,
            Self::MissingReference | Self::OutOfScope | Self::Failed(_) => FaultKind::Internal,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Conflict(_) | Self::Repeated => "conflict",
            Self::Stale => "stale",
            Self::Unavailable(_) => "unavailable",
            Self::MissingReference | Self::OutOfScope | Self::Failed(_) => "internal",
        }
    }
}
