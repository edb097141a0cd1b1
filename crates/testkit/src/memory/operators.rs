use async_trait::async_trait;
use cotenant_domain::identity::{NewOperatorSession, SessionId, UserId};
use cotenant_domain::platform::{OperatorRecord, OperatorRepository};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::{OperatorSession, conflict};
use super::unit::PlatformWork;

/// The rule that operators' session ids are unique.
const OPERATOR_SESSION_ID_UNIQUE: &str = "operator_sessions_id_unique";

#[async_trait]
impl OperatorRepository for PlatformWork {
    async fn find(&self, user: UserId) -> Result<Option<OperatorRecord>, RepositoryError> {
        self.work.read(|state| state.operators.get(&user).cloned())
    }

    async fn list(&self) -> Result<Vec<OperatorRecord>, RepositoryError> {
        self.work.read(|state| state.operators.values().cloned().collect())
    }

    async fn insert(&self, operator: &OperatorRecord) -> Result<bool, RepositoryError> {
        self.work.change(|state| {
            if !state.people.contains_key(&operator.user_id) {
                return Err(RepositoryError::MissingReference);
            }
            let fresh = !state.operators.contains_key(&operator.user_id);
            state.operators.entry(operator.user_id).or_insert_with(|| operator.clone());
            Ok(fresh)
        })
    }

    async fn remove(&self, user: UserId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.work.change(|state| {
            for session in state.operator_sessions.values_mut().filter(|session| session.begun.user_id == user) {
                session.ended_at.get_or_insert(now);
            }
            Ok(state.operators.remove(&user).is_some())
        })
    }

    async fn begin_session(&self, session: &NewOperatorSession) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if !state.people.contains_key(&session.user_id) {
                return Err(RepositoryError::MissingReference);
            }
            if state.operator_sessions.contains_key(&session.id) {
                return conflict(OPERATOR_SESSION_ID_UNIQUE);
            }
            state.operator_sessions.insert(session.id, OperatorSession { begun: session.clone(), ended_at: None });
            Ok(())
        })
    }

    async fn end_session(&self, id: SessionId, now: OffsetDateTime) -> Result<(), RepositoryError> {
        self.work.change(|state| {
            if let Some(session) = state.operator_sessions.get_mut(&id) {
                session.ended_at.get_or_insert(now);
            }
            Ok(())
        })
    }
}
