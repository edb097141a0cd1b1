use super::answer::Repetition;
use super::errand::ErrandId;
use super::ports::AnswerRepository;
use crate::jobs::JobQueue;
use crate::shared::RepositoryError;
use crate::uow::{PlatformUnit, WriteUnit};

/// How far an errand has come.
pub(super) enum Stage {
    /// No unit was begun for it.
    Fresh,
    /// A unit has claimed its key, in this ledger.
    Claimed(ErrandId, Ledger),
    /// The unit is complete but for the answer.
    Complete(ErrandId, Complete),
    /// Its key was used before.
    Repeated(Repetition),
    /// Concluded, or given up.
    Over,
}

/// Whose table a key was claimed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ledger {
    Tenant,
    Platform,
}

/// A unit that is complete but for the answer. Its next commit makes everything take effect.
pub enum Complete {
    /// In the tenant where the key was claimed.
    Tenant(Box<dyn WriteUnit>),
    /// At the platform, where the key was claimed.
    Platform(Box<dyn PlatformUnit>),
}

impl Complete {
    pub(super) fn answers(&self) -> &dyn AnswerRepository {
        match self {
            Self::Tenant(unit) => unit.answers(),
            Self::Platform(unit) => unit.answers(),
        }
    }

    pub(super) fn jobs(&self) -> &dyn JobQueue {
        match self {
            Self::Tenant(unit) => unit.jobs(),
            Self::Platform(unit) => unit.jobs(),
        }
    }

    pub(super) async fn commit(self) -> Result<(), RepositoryError> {
        match self {
            Self::Tenant(unit) => unit.commit().await,
            Self::Platform(unit) => unit.commit().await,
        }
    }
}
