use async_trait::async_trait;
use cotenant_domain::identity::UserId;
use cotenant_domain::shared::{Page, PageRequest, RepositoryError};
use cotenant_domain::support::{End, SupportGrant, SupportGrantFilter, SupportGrantId, SupportGrantRepository};
use cotenant_domain::tenants::TenantId;
use cotenant_scoped::{Filter, Order};
use time::OffsetDateTime;

use super::grant::{Column, Entity};
use super::rows::{cut, entity, row};
use crate::error::repository;
use crate::paging::paged;
use crate::unit::SeaPlatformUnit;

fn this(id: SupportGrantId) -> Filter<Entity> {
    Filter::eq(Column::Id, id.as_uuid())
}

fn live(now: OffsetDateTime) -> Filter<Entity> {
    Filter::all([Filter::is_null(Column::EndedAt), Filter::gt(Column::ExpiresAt, now)])
}

impl SeaPlatformUnit {
    async fn live_grants(
        &self,
        whose: Filter<Entity>,
        now: OffsetDateTime,
    ) -> Result<Vec<SupportGrant>, RepositoryError> {
        let find = self.tx.find::<Entity>().filter(Filter::all([whose, live(now)]));
        let find = find.order_by(Column::TenantId, Order::Ascending).order_by(Column::Id, Order::Ascending);
        find.all().await.map_err(repository)?.into_iter().map(entity).collect()
    }
}

#[async_trait]
impl SupportGrantRepository for SeaPlatformUnit {
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

    async fn live_of(&self, operator: UserId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError> {
        self.live_grants(Filter::eq(Column::OperatorId, operator.as_uuid()), now).await
    }

    async fn live_in(&self, tenant: TenantId, now: OffsetDateTime) -> Result<Vec<SupportGrant>, RepositoryError> {
        self.live_grants(Filter::eq(Column::TenantId, tenant.as_uuid()), now).await
    }

    async fn insert(&self, grant: &SupportGrant) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(grant)).await.map_err(repository)
    }

    async fn end(&self, id: SupportGrantId, end: End) -> Result<bool, RepositoryError> {
        let change = self.tx.update::<Entity>().filter(Filter::all([this(id), live(end.at)]));
        let change = change.set(Column::EndedAt, end.at).set(Column::EndedByKind, end.by_kind.as_str());
        Ok(change.set(Column::EndedById, end.by_id).execute().await.map_err(repository)? > 0)
    }
}
