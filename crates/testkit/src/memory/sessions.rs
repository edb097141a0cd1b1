use async_trait::async_trait;
use cotenant_domain::identity::{Session, SessionId, SessionRepository};
use cotenant_domain::shared::RepositoryError;
use time::OffsetDateTime;

use super::state::conflict;
use super::unit::TenantWork;

/// The rule that session ids are unique in their tenant.
const SESSION_ID_UNIQUE: &str = "sessions_id_unique";

#[async_trait]
impl SessionRepository for TenantWork {
    async fn insert(&self, session: &Session) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(session.tenant_id, None)?;
            if !room.memberships.contains_key(&session.user_id) {
                return Err(RepositoryError::MissingReference);
            }
            if room.sessions.contains_key(&session.id) {
                return conflict(SESSION_ID_UNIQUE);
            }
            room.sessions.insert(session.id, session.clone());
            Ok(())
        })
    }

    async fn end(&self, id: SessionId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        self.act(|room| {
            let open = room.sessions.get_mut(&id).filter(|session| session.ended_at.is_none());
            let ends = open.is_some();
            if let Some(session) = open {
                session.ended_at = Some(now);
            }
            Ok(ends)
        })
    }
}
