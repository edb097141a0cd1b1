use async_trait::async_trait;
use cotenant_domain::identity::{Session, SessionId, SessionReader, SessionRepository, UserId};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use time::OffsetDateTime;

use super::paging::page;
use super::state::conflict;
use super::unit::TenantWork;

/// The rule that session ids are unique in their tenant.
const SESSION_ID_UNIQUE: &str = "sessions_id_unique";

#[async_trait]
impl SessionReader for TenantWork {
    async fn find(&self, id: SessionId) -> Result<Option<Session>, RepositoryError> {
        self.look(|room| room.sessions.get(&id).cloned())
    }

    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        request: &PageRequest<()>,
    ) -> Result<Page<Session>, RepositoryError> {
        self.look(|room| {
            let live = room.sessions.values().filter(|session| session.user_id == user && session.lives(now));
            page(live, request, |session| Position { value: SortValue::Id, id: session.id.as_uuid() })
        })
    }
}

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

    async fn lock(&self, id: SessionId) -> Result<Option<Session>, RepositoryError> {
        self.find(id).await
    }

    async fn renew(&self, session: &Session) -> Result<(), RepositoryError> {
        self.act(|room| {
            let open = room.sessions.get_mut(&session.id).filter(|stored| stored.ended_at.is_none());
            let stored = open.ok_or(RepositoryError::Stale)?;
            stored.device = session.device.clone();
            stored.last_used_at = session.last_used_at;
            stored.idle_expires_at = session.idle_expires_at;
            stored.refresh = session.refresh.clone();
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

    async fn end_others(&self, user: UserId, kept: SessionId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        self.act(|room| {
            let others = room.sessions.values_mut().filter(|session| session.user_id == user && session.id != kept);
            let open = others.filter(|session| session.ended_at.is_none());
            Ok(open.map(|session| session.ended_at = Some(now)).count() as u64)
        })
    }
}
