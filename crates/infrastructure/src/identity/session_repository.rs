use async_trait::async_trait;
use cotenant_domain::identity::{
    Device, PreviousToken, RefreshState, Session, SessionId, SessionReader, SessionRepository, UserId,
};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;

use super::session::{Column, Entity, Model};
use crate::error::{corrupt, met, repository};
use crate::paging::paged;
use crate::unit::TenantUnit;

fn hash(column: &'static str, stored: Vec<u8>) -> Result<[u8; 32], RepositoryError> {
    stored.try_into().map_err(|_| corrupt(column))
}

fn entity(row: Model) -> Result<Session, RepositoryError> {
    let previous = match (row.previous_hash, row.previous_salt, row.previous_used_at) {
        (Some(before), Some(salt), Some(used_at)) => Some(PreviousToken {
            hash: hash("sessions.previous_hash", before)?,
            salt: hash("sessions.previous_salt", salt)?,
            used_at,
        }),
        _ => None,
    };
    Ok(Session {
        id: Id::new(row.id),
        tenant_id: Id::new(row.tenant_id),
        user_id: Id::new(row.user_id),
        membership_epoch: row.membership_epoch,
        tenant_epoch: row.tenant_epoch,
        device: Device { agent: row.agent, address: row.address },
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        idle_expires_at: row.idle_expires_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
        refresh: RefreshState {
            family_hash: hash("sessions.family_hash", row.family_hash)?,
            hash: hash("sessions.refresh_hash", row.refresh_hash)?,
            previous,
        },
    })
}

fn row(session: &Session) -> Model {
    let previous = session.refresh.previous.as_ref();
    Model {
        tenant_id: session.tenant_id.as_uuid(),
        id: session.id.as_uuid(),
        user_id: session.user_id.as_uuid(),
        membership_epoch: session.membership_epoch,
        tenant_epoch: session.tenant_epoch,
        agent: session.device.agent.clone(),
        address: session.device.address.clone(),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        idle_expires_at: session.idle_expires_at,
        expires_at: session.expires_at,
        ended_at: session.ended_at,
        family_hash: session.refresh.family_hash.to_vec(),
        refresh_hash: session.refresh.hash.to_vec(),
        previous_hash: previous.map(|previous| previous.hash.to_vec()),
        previous_salt: previous.map(|previous| previous.salt.to_vec()),
        previous_used_at: previous.map(|previous| previous.used_at),
    }
}

fn open(also: impl IntoIterator<Item = Filter<Entity>>) -> Filter<Entity> {
    Filter::all([Filter::is_null(Column::EndedAt)].into_iter().chain(also))
}

#[async_trait]
impl<M: Mode> SessionReader for TenantUnit<M> {
    async fn find(&self, id: SessionId) -> Result<Option<Session>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(
        &self,
        user: UserId,
        now: OffsetDateTime,
        page: &PageRequest<()>,
    ) -> Result<Page<Session>, RepositoryError> {
        let live = open([
            Filter::eq(Column::UserId, user.as_uuid()),
            Filter::gt(Column::IdleExpiresAt, now),
            Filter::gt(Column::ExpiresAt, now),
        ]);
        let rows = paged(self.tx.find::<Entity>().filter(live), page, None, Column::Id)?.all().await;
        let sessions = rows.map_err(repository)?.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(sessions, page.limit, |session| Position { value: SortValue::Id, id: session.id.as_uuid() }))
    }
}

#[async_trait]
impl SessionRepository for TenantUnit<Writing> {
    async fn insert(&self, session: &Session) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(session)).await.map_err(repository)
    }

    async fn lock(&self, id: SessionId) -> Result<Option<Session>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).lock().one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn renew(&self, session: &Session) -> Result<(), RepositoryError> {
        let row = row(session);
        let change = self.tx.update::<Entity>().filter(open([Filter::eq(Column::Id, row.id)]));
        let change = change
            .set(Column::Agent, row.agent)
            .set(Column::Address, row.address)
            .set(Column::LastUsedAt, row.last_used_at)
            .set(Column::IdleExpiresAt, row.idle_expires_at)
            .set(Column::RefreshHash, row.refresh_hash)
            .set(Column::PreviousHash, row.previous_hash)
            .set(Column::PreviousSalt, row.previous_salt)
            .set(Column::PreviousUsedAt, row.previous_used_at);
        met(change.execute().await.map_err(repository)?)
    }

    async fn end(&self, id: SessionId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        let change = self.tx.update::<Entity>().filter(open([Filter::eq(Column::Id, id.as_uuid())]));
        Ok(change.set(Column::EndedAt, now).execute().await.map_err(repository)? > 0)
    }

    async fn end_others(&self, user: UserId, kept: SessionId, now: OffsetDateTime) -> Result<u64, RepositoryError> {
        let others = open([Filter::eq(Column::UserId, user.as_uuid()), Filter::ne(Column::Id, kept.as_uuid())]);
        self.tx.update::<Entity>().filter(others).set(Column::EndedAt, now).execute().await.map_err(repository)
    }
}
