use async_trait::async_trait;
use cotenant_domain::bootstrap::BootstrapRepository;
use cotenant_domain::identity::{NewOperatorSession, SessionId, UserId};
use cotenant_domain::platform::{OperatorRecord, OperatorRepository};
use cotenant_domain::shared::{Id, RepositoryError};
use cotenant_scoped::Filter;
use time::OffsetDateTime;

use super::{bootstrap, operator, operator_session};
use crate::error::repository;
use crate::unit::SeaPlatformUnit;

fn record(row: operator::Model) -> OperatorRecord {
    OperatorRecord { user_id: Id::new(row.user_id), created_at: row.created_at }
}

#[async_trait]
impl OperatorRepository for SeaPlatformUnit {
    async fn find(&self, user: UserId) -> Result<Option<OperatorRecord>, RepositoryError> {
        let this = Filter::eq(operator::Column::UserId, user.as_uuid());
        let found = self.tx.find::<operator::Entity>().filter(this).one().await;
        Ok(found.map_err(repository)?.map(record))
    }

    async fn list(&self) -> Result<Vec<OperatorRecord>, RepositoryError> {
        let all = self.tx.find::<operator::Entity>();
        let rows = all.order_by(operator::Column::CreatedAt, cotenant_scoped::Order::Ascending).all().await;
        Ok(rows.map_err(repository)?.into_iter().map(record).collect())
    }

    async fn insert(&self, operator: &OperatorRecord) -> Result<bool, RepositoryError> {
        let row = operator::Model { user_id: operator.user_id.as_uuid(), created_at: operator.created_at };
        self.tx.insert_new::<operator::Entity>(row).await.map_err(repository)
    }

    async fn remove(&self, user: UserId, now: OffsetDateTime) -> Result<bool, RepositoryError> {
        use operator_session::Column;
        let open = [Filter::eq(Column::UserId, user.as_uuid()), Filter::is_null(Column::EndedAt)];
        let sessions = self.tx.update::<operator_session::Entity>().filter(Filter::all(open));
        sessions.set(Column::EndedAt, now).execute().await.map_err(repository)?;
        let this = Filter::eq(operator::Column::UserId, user.as_uuid());
        Ok(self.tx.revoke::<operator::Entity>(this).await.map_err(repository)? > 0)
    }

    async fn begin_session(&self, session: &NewOperatorSession) -> Result<(), RepositoryError> {
        let row = operator_session::Model {
            id: session.id.as_uuid(),
            user_id: session.user_id.as_uuid(),
            created_at: session.created_at,
            expires_at: session.expires_at,
            ended_at: None,
        };
        self.tx.insert::<operator_session::Entity>(row).await.map_err(repository)
    }

    async fn end_session(&self, id: SessionId, now: OffsetDateTime) -> Result<(), RepositoryError> {
        use operator_session::Column;
        let open = [Filter::eq(Column::Id, id.as_uuid()), Filter::is_null(Column::EndedAt)];
        let change = self.tx.update::<operator_session::Entity>().filter(Filter::all(open));
        change.set(Column::EndedAt, now).execute().await.map(|_| ()).map_err(repository)
    }
}

#[async_trait]
impl BootstrapRepository for SeaPlatformUnit {
    async fn is_done(&self) -> Result<bool, RepositoryError> {
        Ok(self.tx.find::<bootstrap::Entity>().one().await.map_err(repository)?.is_some())
    }

    async fn claim(&self, now: OffsetDateTime) -> Result<(), RepositoryError> {
        let row = bootstrap::Model { singleton: 1, at: now };
        self.tx.insert::<bootstrap::Entity>(row).await.map_err(repository)
    }
}
