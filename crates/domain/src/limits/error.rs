use time::Duration;

use super::model::Policy;
use crate::shared::{Fault, FaultKind};

/// More was asked than is served in this time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("more was asked than is served in this time")]
pub struct RateLimited {
    /// The policies of which nothing is left.
    pub policies: Vec<Policy>,
    /// After what time the same is served, unless somebody else was faster.
    pub wait: Duration,
}

impl Fault for RateLimited {
    fn kind(&self) -> FaultKind {
        FaultKind::TooMany
    }

    fn code(&self) -> &'static str {
        "rate_limited"
    }

    fn wait(&self) -> Option<Duration> {
        Some(self.wait)
    }
}
