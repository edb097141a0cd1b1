use async_trait::async_trait;
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::stores::{
    STORE_CODE_UNIQUE, STORE_ID_UNIQUE, Store, StoreFilter, StoreId, StoreReader, StoreRepository, StoreSort,
};
use cotenant_domain::tenancy::{Deletion, StoreSet, Version};
use time::OffsetDateTime;

use super::paging::{matches, page};
use super::state::{Room, conflict};
use super::unit::TenantWork;

fn shown(store: &Store, reach: &StoreSet, filter: &StoreFilter) -> bool {
    reach.contains(store.base.id)
        && (filter.include_deleted || store.base.deletion.is_none())
        && filter.is_active.is_none_or(|active| active == store.is_active)
        && matches(filter.text.as_ref(), [store.name.key(), store.code.key()])
}

fn position(store: &Store, sort: StoreSort) -> Position {
    let value = match sort {
        StoreSort::Id => SortValue::Id,
        StoreSort::Name => SortValue::Text(store.name.key()),
        StoreSort::Code => SortValue::Text(store.code.key()),
        StoreSort::CreatedAt => SortValue::Time(store.base.created_at),
    };
    Position { value, id: store.base.id.as_uuid() }
}

fn code_is_free(room: &Room, store: &Store) -> Result<(), RepositoryError> {
    let taken = |other: &Store| {
        other.base.id != store.base.id && other.base.deletion.is_none() && other.code.key() == store.code.key()
    };
    if room.stores.values().any(taken) { conflict(STORE_CODE_UNIQUE) } else { Ok(()) }
}

impl TenantWork {
    fn store(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        let reached = self.stores.contains(id);
        self.look(|room| room.stores.get(&id).filter(|_| reached).cloned())
    }

    /// The row that a guarded write may touch.
    fn store_at<'a>(
        &self,
        room: &'a mut Room,
        id: StoreId,
        version: Version,
    ) -> Result<&'a mut Store, RepositoryError> {
        let reached = self.stores.contains(id);
        let row = room.stores.get_mut(&id).filter(|row| reached && row.base.version == version);
        row.ok_or(RepositoryError::Stale)
    }
}

#[async_trait]
impl StoreReader for TenantWork {
    async fn find(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        Ok(self.store(id)?.filter(|store| store.base.deletion.is_none()))
    }

    async fn find_with_deleted(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        self.store(id)
    }

    async fn find_all(&self, ids: &[StoreId]) -> Result<Vec<Store>, RepositoryError> {
        self.look(|room| {
            let live = room.stores.values().filter(|store| store.base.deletion.is_none());
            live.filter(|store| ids.contains(&store.base.id) && self.stores.contains(store.base.id)).cloned().collect()
        })
    }

    async fn list(
        &self,
        filter: &StoreFilter,
        request: &PageRequest<StoreSort>,
    ) -> Result<Page<Store>, RepositoryError> {
        self.look(|room| {
            let rows = room.stores.values().filter(|store| shown(store, &self.stores, filter));
            page(rows, request, |store| position(store, request.sort))
        })
    }
}

#[async_trait]
impl StoreRepository for TenantWork {
    async fn insert(&self, store: &Store) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(store.base.tenant_id, Some(store.base.id))?;
            if room.stores.contains_key(&store.base.id) {
                return conflict(STORE_ID_UNIQUE);
            }
            code_is_free(room, store)?;
            room.stores.insert(store.base.id, store.clone());
            Ok(())
        })
    }

    async fn lock(&self, id: StoreId) -> Result<Option<Store>, RepositoryError> {
        StoreReader::find(self, id).await
    }

    async fn update(&self, store: &Store, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(store.base.tenant_id, Some(store.base.id))?;
            let row = self.store_at(room, store.base.id, expected)?;
            if row.base.deletion.is_some() {
                return Err(RepositoryError::Stale);
            }
            *row = store.clone();
            code_is_free(room, store)
        })
    }

    async fn delete(&self, id: StoreId, deletion: Deletion, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = self.store_at(room, id, expected)?;
            if row.base.deletion.is_some() {
                return Err(RepositoryError::Stale);
            }
            row.base.deletion = Some(deletion);
            row.base.touch(deletion.at);
            Ok(())
        })
    }

    async fn restore(&self, id: StoreId, now: OffsetDateTime, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = self.store_at(room, id, expected)?;
            if row.base.deletion.take().is_none() {
                return Err(RepositoryError::Stale);
            }
            row.base.touch(now);
            let row = row.clone();
            code_is_free(room, &row)
        })
    }
}
