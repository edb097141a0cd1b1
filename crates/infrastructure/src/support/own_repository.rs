use async_trait::async_trait;
use cotenant_domain::shared::{Page, PageRequest, RepositoryError};
use cotenant_domain::support::{
    End, OwnSupportGrantReader, OwnSupportGrantRepository, SupportGrant, SupportGrantFilter, SupportGrantId,
};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;

use super::own::{Column, Entity};
use super::rows::{cut, entity};
use crate::error::repository;
use crate::paging::paged;
use crate::unit::TenantUnit;

fn this(id: SupportGrantId) -> Filter<Entity> {
    Filter::eq(Column::Id, id.as_uuid())
}

fn live(now: OffsetDateTime) -> Filter<Entity> {
    Filter::all([Filter::is_null(Column::EndedAt), Filter::gt(Column::ExpiresAt, now)])
}

#[async_trait]
impl<M: Mode> OwnSupportGrantReader for TenantUnit<M> {
    async fn find(&self, id: SupportGrantId) -> Result<Option<SupportGrant>, RepositoryError> {
        self.tx.find::<Entity>().filter(this(id)).one().await.map_err(repository)?.map(entity).transpose()
    }

    async fn list(
        &self,
        filter: &SupportGrantFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<SupportGrant>, RepositoryError> {
        let of = filter.operator_id.map(|operator| Filter::eq(Column::OperatorId, operator.as_uuid()));
        let find = self.tx.find::<Entity>().filter(Filter::all(of.into_iter().chain(filter.live_at.map(live))));
        cut(paged(find, page, None, Column::Id)?.all().await.map_err(repository)?, page)
    }
}

#[async_trait]
impl OwnSupportGrantRepository for TenantUnit<Writing> {
    async fn end(&self, id: SupportGrantId, end: End) -> Result<bool, RepositoryError> {
        let change = self.tx.update::<Entity>().filter(Filter::all([this(id), live(end.at)]));
        let change = change.set(Column::EndedAt, end.at).set(Column::EndedByKind, end.by_kind.as_str());
        Ok(change.set(Column::EndedById, end.by_id).execute().await.map_err(repository)? > 0)
    }

    async fn note_use(
        &self,
        id: SupportGrantId,
        at: OffsetDateTime,
        address: Option<&str>,
    ) -> Result<(), RepositoryError> {
        let change = self.tx.update::<Entity>().filter(this(id)).set(Column::LastUsedAt, at);
        change.set(Column::LastUsedAddress, address.map(str::to_owned)).execute().await.map_err(repository)?;
        Ok(())
    }
}
