use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cotenant_domain::shared::RepositoryError;
use tokio::sync::OwnedMutexGuard;

use super::state::State;

/// The state that everybody sees.
pub(super) type Published = Mutex<Arc<State>>;

/// A mutex's value. No code panics while it holds one, so a poisoned one is as good as any.
pub(super) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One transaction: a snapshot, the changes made to it, and, for a writer, the right to be the only one.
pub(super) struct Work {
    published: Arc<Published>,
    before: Arc<State>,
    draft: Mutex<Draft>,
    /// Held by writers until they commit or are dropped: writers come one after the other, as in SQLite and, for the
    /// rows they lock, in PostgreSQL.
    _turn: Option<OwnedMutexGuard<()>>,
}

struct Draft {
    state: Arc<State>,
    failed: bool,
}

impl Work {
    pub(super) fn begin(published: &Arc<Published>, turn: Option<OwnedMutexGuard<()>>) -> Self {
        let before = hold(published).clone();
        let draft = Mutex::new(Draft { state: before.clone(), failed: false });
        Self { published: published.clone(), before, draft, _turn: turn }
    }

    /// Reads the snapshot with what this unit changed.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, RepositoryError> {
        self.attempt(|draft| Ok(look(&draft.state)))
    }

    /// Reads what may fail.
    pub(super) fn try_read<T>(
        &self,
        look: impl FnOnce(&State) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        self.attempt(|draft| look(&draft.state))
    }

    /// Changes the snapshot; nobody else sees it before [`Work::publish`].
    pub(super) fn change<T>(
        &self,
        act: impl FnOnce(&mut State) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        self.attempt(|draft| act(Arc::make_mut(&mut draft.state)))
    }

    /// Makes every change visible at once.
    pub(super) fn publish(self) -> Result<(), RepositoryError> {
        let state = self.attempt(|draft| Ok(draft.state.clone()))?;
        if state.changes_rights_unseen(&self.before) {
            return Err(RepositoryError::Failed("rights were changed without raising the access version".into()));
        }
        *hold(&self.published) = state;
        Ok(())
    }

    /// Refuses to go on after a failure.
    pub(super) fn check(&self) -> Result<(), RepositoryError> {
        self.attempt(|_| Ok(()))
    }

    /// After any error the unit refuses everything: a test that goes on after one would pass here and fail on PostgreSQL.
    fn attempt<T>(&self, act: impl FnOnce(&mut Draft) -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        let mut draft = hold(&self.draft);
        if draft.failed {
            return Err(RepositoryError::Failed("the unit of work has failed and can only be dropped".into()));
        }
        let result = act(&mut draft);
        draft.failed = result.is_err();
        result
    }
}
