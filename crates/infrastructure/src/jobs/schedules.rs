use async_trait::async_trait;
use cotenant_domain::jobs::ScheduleRepository;
use cotenant_domain::shared::RepositoryError;
use cotenant_scoped::Filter;
use time::OffsetDateTime;

use super::schedule::{Column, Entity, Model};
use crate::error::repository;
use crate::unit::SeaPlatformUnit;

#[async_trait]
impl ScheduleRepository for SeaPlatformUnit {
    async fn last(&self, kind: &str) -> Result<Option<OffsetDateTime>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Kind, kind)).one().await;
        Ok(found.map_err(repository)?.map(|row| row.last_at))
    }

    async fn begin(&self, kind: &str, at: OffsetDateTime) -> Result<bool, RepositoryError> {
        let row = Model { kind: kind.to_owned(), last_at: at };
        self.tx.insert_new::<Entity>(row).await.map_err(repository)
    }

    async fn advance(&self, kind: &str, from: OffsetDateTime, to: OffsetDateTime) -> Result<bool, RepositoryError> {
        let at_from = Filter::all([Filter::eq(Column::Kind, kind), Filter::eq(Column::LastAt, from)]);
        let change = self.tx.update::<Entity>().filter(at_from).set(Column::LastAt, to);
        Ok(change.execute().await.map_err(repository)? == 1)
    }
}
