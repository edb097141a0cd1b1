use async_trait::async_trait;
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::stores::{Store, StoreFilter, StoreId, StoreReader, StoreRepository, StoreSort};
use cotenant_domain::tenancy::{Base, Deletion, DeletionId, TenantBase, Version};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;

use super::entity::{Column, Entity, Model};
use crate::error::{corrupt, met, parsed, repository};
use crate::paging::paged;
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<Store, RepositoryError> {
    Ok(Store {
        base: TenantBase {
            base: Base {
                id: Id::new(row.id),
                created_at: row.created_at,
                updated_at: row.updated_at,
                version: row.version,
            },
            tenant_id: Id::new(row.tenant_id),
            deletion: deletion(row.deleted_at, row.deletion_id)?,
        },
        name: parsed("stores.name", &row.name)?,
        code: parsed("stores.code", &row.code)?,
        timezone: parsed("stores.timezone", &row.timezone)?,
        currency: parsed("stores.currency", &row.currency)?,
        is_active: row.is_active,
    })
}

/// Both or neither.
pub(crate) fn deletion(
    at: Option<OffsetDateTime>,
    id: Option<uuid::Uuid>,
) -> Result<Option<Deletion>, RepositoryError> {
    match (at, id) {
        (Some(at), Some(id)) => Ok(Some(Deletion { at, id: DeletionId::new(id) })),
        (None, None) => Ok(None),
        _ => Err(corrupt("deletion")),
    }
}

fn row(store: &Store) -> Model {
    Model {
        tenant_id: store.base.tenant_id.as_uuid(),
        id: store.base.id.as_uuid(),
        name: store.name.to_string(),
        name_key: store.name.key(),
        code: store.code.to_string(),
        code_key: store.code.key(),
        timezone: store.timezone.to_string(),
        currency: store.currency.to_string(),
        is_active: store.is_active,
        created_at: store.base.created_at,
        updated_at: store.base.updated_at,
        version: store.base.version,
        deleted_at: store.base.deletion.map(|d| d.at),
        deletion_id: store.base.deletion.map(|d| d.id.as_uuid()),
    }
}

fn this(id: StoreId, version: Version) -> Filter<Entity> {
    Filter::all([Filter::eq(Column::Id, id.as_uuid()), Filter::eq(Column::Version, version)])
}

#[async_trait]
impl<M: Mode> StoreReader for TenantUnit<M> {
    async fn find(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn find_with_deleted(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        let find = self.tx.find::<Entity>().with_deleted().filter(Filter::eq(Column::Id, id.as_uuid()));
        find.one().await.map_err(repository)?.map(entity).transpose()
    }

    async fn find_all(&self, ids: &[StoreId]) -> Result<Vec<Store>, RepositoryError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let among = Filter::is_in(Column::Id, ids.iter().map(|id| id.as_uuid()));
        let rows = self.tx.find::<Entity>().filter(among).all().await.map_err(repository)?;
        rows.into_iter().map(entity).collect()
    }

    async fn list(&self, filter: &StoreFilter, page: &PageRequest<StoreSort>) -> Result<Page<Store>, RepositoryError> {
        let mut find = self.tx.find::<Entity>();
        if filter.include_deleted {
            find = find.with_deleted();
        }
        if let Some(is_active) = filter.is_active {
            find = find.filter(Filter::eq(Column::IsActive, is_active));
        }
        if let Some(text) = &filter.text {
            let named = [Filter::contains(Column::NameKey, text), Filter::contains(Column::CodeKey, text)];
            find = find.filter(Filter::any(named));
        }
        let sort = match page.sort {
            StoreSort::Id => None,
            StoreSort::Name => Some(Column::NameKey),
            StoreSort::Code => Some(Column::CodeKey),
            StoreSort::CreatedAt => Some(Column::CreatedAt),
        };
        let rows = paged(find, page, sort, Column::Id)?.all().await.map_err(repository)?;
        let stores = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(stores, page.limit, |store| Position {
            value: match page.sort {
                StoreSort::Id => SortValue::Id,
                StoreSort::Name => SortValue::Text(store.name.key()),
                StoreSort::Code => SortValue::Text(store.code.key()),
                StoreSort::CreatedAt => SortValue::Time(store.base.created_at),
            },
            id: store.base.id.as_uuid(),
        }))
    }
}

#[async_trait]
impl StoreRepository for TenantUnit<Writing> {
    async fn insert(&self, store: &Store) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(store)).await.map_err(repository)
    }

    async fn lock(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(Filter::eq(Column::Id, id.as_uuid())).lock().one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn update(&self, store: &Store, expected: Version) -> Result<(), RepositoryError> {
        let row = row(store);
        let change = self
            .tx
            .update::<Entity>()
            .filter(this(store.base.id, expected))
            .set(Column::Name, row.name)
            .set(Column::NameKey, row.name_key)
            .set(Column::Code, row.code)
            .set(Column::CodeKey, row.code_key)
            .set(Column::Timezone, row.timezone)
            .set(Column::Currency, row.currency)
            .set(Column::IsActive, row.is_active)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version);
        met(change.execute().await.map_err(repository)?)
    }

    async fn delete(&self, id: StoreId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        let rows = self
            .tx
            .soft_delete::<Entity>(
                this(id, expected),
                Column::Version,
                Column::UpdatedAt,
                deletion.at,
                deletion.id.as_uuid(),
            )
            .await;
        met(rows.map_err(repository)?)
    }

    async fn restore(&self, id: StoreId, now: OffsetDateTime, expected: Version) -> Result<(), RepositoryError> {
        let rows = self.tx.restore::<Entity>(this(id, expected), Column::Version, Column::UpdatedAt, now).await;
        met(rows.map_err(repository)?)
    }
}
