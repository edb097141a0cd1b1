use async_trait::async_trait;
use cotenant_domain::products::{
    PRODUCT_ID_UNIQUE, PRODUCT_SKU_UNIQUE, Product, ProductFilter, ProductId, ProductReader, ProductRepository,
    ProductSort,
};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::{Deletion, DeletionId, StoreSet, Version};
use time::OffsetDateTime;

use super::paging::{matches, page};
use super::state::{Room, conflict};
use super::unit::TenantWork;

fn shown(product: &Product, store: StoreId, reach: &StoreSet, filter: &ProductFilter) -> bool {
    product.base.store_id == store
        && reach.contains(store)
        && (filter.include_deleted || product.base.deletion.is_none())
        && filter.in_stock.is_none_or(|wanted| wanted == (product.stock > 0))
        && matches(filter.text.as_ref(), [product.name.key(), product.sku.key()])
}

fn position(product: &Product, sort: ProductSort) -> Position {
    let value = match sort {
        ProductSort::Id => SortValue::Id,
        ProductSort::Name => SortValue::Text(product.name.key()),
        ProductSort::Sku => SortValue::Text(product.sku.key()),
        ProductSort::Price => SortValue::Int(product.price_minor),
        ProductSort::CreatedAt => SortValue::Time(product.base.created_at),
    };
    Position { value, id: product.base.id.as_uuid() }
}

fn sku_is_free(room: &Room, product: &Product) -> Result<(), RepositoryError> {
    let taken = |other: &Product| {
        other.base.id != product.base.id
            && other.base.store_id == product.base.store_id
            && other.base.deletion.is_none()
            && other.sku.key() == product.sku.key()
    };
    if room.products.values().any(taken) { conflict(PRODUCT_SKU_UNIQUE) } else { Ok(()) }
}

fn bring_back(product: &mut Product, now: OffsetDateTime) {
    product.base.deletion = None;
    product.base.touch(now);
}

fn put_away(product: &mut Product, deletion: Deletion) {
    product.base.deletion = Some(deletion);
    product.base.touch(deletion.at);
}

impl TenantWork {
    fn product(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        let reached = self.stores.contains(store);
        let here = |product: &&Product| reached && product.base.store_id == store;
        self.look(|room| room.products.get(&id).filter(here).cloned())
    }

    /// The row that a guarded write may touch.
    fn product_at<'a>(
        &self,
        room: &'a mut Room,
        (store, id): (StoreId, ProductId),
        version: Version,
    ) -> Result<&'a mut Product, RepositoryError> {
        let reached = self.stores.contains(store);
        let here = |row: &&mut Product| reached && row.base.store_id == store && row.base.version == version;
        room.products.get_mut(&id).filter(here).ok_or(RepositoryError::Stale)
    }
}

#[async_trait]
impl ProductReader for TenantWork {
    async fn find(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        Ok(self.product(store, id)?.filter(|product| product.base.deletion.is_none()))
    }

    async fn find_with_deleted(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        self.product(store, id)
    }

    async fn list(
        &self,
        store: StoreId,
        filter: &ProductFilter,
        request: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, RepositoryError> {
        self.look(|room| {
            let rows = room.products.values().filter(|product| shown(product, store, &self.stores, filter));
            page(rows, request, |product| position(product, request.sort))
        })
    }
}

#[async_trait]
impl ProductRepository for TenantWork {
    async fn insert(&self, product: &Product) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(product.base.tenant_id, Some(product.base.store_id))?;
            if !room.stores.contains_key(&product.base.store_id) {
                return Err(RepositoryError::MissingReference);
            }
            if room.products.contains_key(&product.base.id) {
                return conflict(PRODUCT_ID_UNIQUE);
            }
            sku_is_free(room, product)?;
            room.products.insert(product.base.id, product.clone());
            Ok(())
        })
    }

    async fn update(&self, product: &Product, expected: Version) -> Result<(), RepositoryError> {
        self.act(|room| {
            self.admit(product.base.tenant_id, Some(product.base.store_id))?;
            let row = self.product_at(room, (product.base.store_id, product.base.id), expected)?;
            if row.base.deletion.is_some() {
                return Err(RepositoryError::Stale);
            }
            *row = product.clone();
            sku_is_free(room, product)
        })
    }

    async fn delete(
        &self,
        store: StoreId,
        id: ProductId,
        deletion: Deletion,
        expected: Version,
    ) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = self.product_at(room, (store, id), expected)?;
            if row.base.deletion.is_some() {
                return Err(RepositoryError::Stale);
            }
            put_away(row, deletion);
            Ok(())
        })
    }

    async fn restore(
        &self,
        store: StoreId,
        id: ProductId,
        now: OffsetDateTime,
        expected: Version,
    ) -> Result<(), RepositoryError> {
        self.act(|room| {
            let row = self.product_at(room, (store, id), expected)?;
            if row.base.deletion.is_none() {
                return Err(RepositoryError::Stale);
            }
            bring_back(row, now);
            let row = row.clone();
            sku_is_free(room, &row)
        })
    }

    async fn delete_of_store(&self, store: StoreId, deletion: Deletion) -> Result<(), RepositoryError> {
        let reached = self.stores.contains(store);
        self.act(|room| {
            let live = |row: &&mut Product| reached && row.base.store_id == store && row.base.deletion.is_none();
            room.products.values_mut().filter(live).for_each(|row| put_away(row, deletion));
            Ok(())
        })
    }

    async fn restore_of_store(
        &self,
        store: StoreId,
        act: DeletionId,
        now: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let reached = self.stores.contains(store);
        self.act(|room| {
            let gone = |row: &&mut Product| {
                reached && row.base.store_id == store && row.base.deletion.is_some_and(|deletion| deletion.id == act)
            };
            room.products.values_mut().filter(gone).for_each(|row| bring_back(row, now));
            let live = |row: &&Product| row.base.store_id == store && row.base.deletion.is_none();
            room.products.values().filter(live).try_for_each(|row| sku_is_free(room, row))
        })
    }
}
