use async_trait::async_trait;
use cotenant_domain::products::{Product, ProductFilter, ProductId, ProductReader, ProductRepository, ProductSort};
use cotenant_domain::shared::{Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::stores::StoreId;
use cotenant_domain::tenancy::{Base, Deletion, DeletionId, StoreBase, TenantBase, Version};
use cotenant_scoped::{Filter, Mode, Writing};
use time::OffsetDateTime;

use super::entity::{Column, Entity, Model};
use crate::error::{met, parsed, repository};
use crate::paging::paged;
use crate::stores::deletion;
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<Product, RepositoryError> {
    Ok(Product {
        base: StoreBase {
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
            store_id: Id::new(row.store_id),
        },
        sku: parsed("products.sku", &row.sku)?,
        name: parsed("products.name", &row.name)?,
        price_minor: row.price_minor,
        currency: parsed("products.currency", &row.currency)?,
        stock: row.stock,
    })
}

fn row(product: &Product) -> Model {
    Model {
        tenant_id: product.base.tenant_id.as_uuid(),
        store_id: product.base.store_id.as_uuid(),
        id: product.base.id.as_uuid(),
        sku: product.sku.to_string(),
        sku_key: product.sku.key(),
        name: product.name.to_string(),
        name_key: product.name.key(),
        price_minor: product.price_minor,
        currency: product.currency.to_string(),
        stock: product.stock,
        created_at: product.base.created_at,
        updated_at: product.base.updated_at,
        version: product.base.version,
        deleted_at: product.base.deletion.map(|d| d.at),
        deletion_id: product.base.deletion.map(|d| d.id.as_uuid()),
    }
}

fn of(store: StoreId) -> Filter<Entity> {
    Filter::eq(Column::StoreId, store.as_uuid())
}

fn one(store: StoreId, id: ProductId) -> Filter<Entity> {
    Filter::all([of(store), Filter::eq(Column::Id, id.as_uuid())])
}

fn this(store: StoreId, id: ProductId, version: Version) -> Filter<Entity> {
    Filter::all([one(store, id), Filter::eq(Column::Version, version)])
}

#[async_trait]
impl<M: Mode> ProductReader for TenantUnit<M> {
    async fn find(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        let found = self.tx.find::<Entity>().filter(one(store, id)).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn find_with_deleted(&self, store: StoreId, id: ProductId) -> Result<Option<Product>, RepositoryError> {
        let found = self.tx.find::<Entity>().with_deleted().filter(one(store, id)).one().await;
        found.map_err(repository)?.map(entity).transpose()
    }

    async fn list(
        &self,
        store: StoreId,
        filter: &ProductFilter,
        page: &PageRequest<ProductSort>,
    ) -> Result<Page<Product>, RepositoryError> {
        let mut find = self.tx.find::<Entity>().filter(of(store));
        if filter.include_deleted {
            find = find.with_deleted();
        }
        if let Some(in_stock) = filter.in_stock {
            let stocked = if in_stock { Filter::gt(Column::Stock, 0_i64) } else { Filter::eq(Column::Stock, 0_i64) };
            find = find.filter(stocked);
        }
        if let Some(text) = &filter.text {
            let named = [Filter::contains(Column::NameKey, text), Filter::contains(Column::SkuKey, text)];
            find = find.filter(Filter::any(named));
        }
        let sort = match page.sort {
            ProductSort::Id => None,
            ProductSort::Name => Some(Column::NameKey),
            ProductSort::Sku => Some(Column::SkuKey),
            ProductSort::Price => Some(Column::PriceMinor),
            ProductSort::CreatedAt => Some(Column::CreatedAt),
        };
        let rows = paged(find, page, sort, Column::Id)?.all().await.map_err(repository)?;
        let products = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(products, page.limit, |product| Position {
            value: match page.sort {
                ProductSort::Id => SortValue::Id,
                ProductSort::Name => SortValue::Text(product.name.key()),
                ProductSort::Sku => SortValue::Text(product.sku.key()),
                ProductSort::Price => SortValue::Int(product.price_minor),
                ProductSort::CreatedAt => SortValue::Time(product.base.created_at),
            },
            id: product.base.id.as_uuid(),
        }))
    }
}

#[async_trait]
impl ProductRepository for TenantUnit<Writing> {
    async fn insert(&self, product: &Product) -> Result<(), RepositoryError> {
        self.tx.insert::<Entity>(row(product)).await.map_err(repository)
    }

    async fn update(&self, product: &Product, expected: Version) -> Result<(), RepositoryError> {
        let row = row(product);
        let change = self
            .tx
            .update::<Entity>()
            .filter(this(product.base.store_id, product.base.id, expected))
            .set(Column::Sku, row.sku)
            .set(Column::SkuKey, row.sku_key)
            .set(Column::Name, row.name)
            .set(Column::NameKey, row.name_key)
            .set(Column::PriceMinor, row.price_minor)
            .set(Column::Currency, row.currency)
            .set(Column::Stock, row.stock)
            .set(Column::UpdatedAt, row.updated_at)
            .set(Column::Version, row.version);
        met(change.execute().await.map_err(repository)?)
    }

    async fn delete(
        &self,
        store: StoreId,
        id: ProductId,
        deletion: Deletion,
        expected: Version,
    ) -> Result<(), RepositoryError> {
        let which = this(store, id, expected);
        let rows = self
            .tx
            .soft_delete::<Entity>(which, Column::Version, Column::UpdatedAt, deletion.at, deletion.id.as_uuid())
            .await;
        met(rows.map_err(repository)?)
    }

    async fn restore(
        &self,
        store: StoreId,
        id: ProductId,
        now: OffsetDateTime,
        expected: Version,
    ) -> Result<(), RepositoryError> {
        let which = this(store, id, expected);
        let rows = self.tx.restore::<Entity>(which, Column::Version, Column::UpdatedAt, now).await;
        met(rows.map_err(repository)?)
    }

    async fn delete_of_store(&self, store: StoreId, deletion: Deletion) -> Result<(), RepositoryError> {
        let rows = self
            .tx
            .soft_delete::<Entity>(of(store), Column::Version, Column::UpdatedAt, deletion.at, deletion.id.as_uuid())
            .await;
        rows.map(|_| ()).map_err(repository)
    }

    async fn restore_of_store(
        &self,
        store: StoreId,
        act: DeletionId,
        now: OffsetDateTime,
    ) -> Result<(), RepositoryError> {
        let which = Filter::all([of(store), Filter::eq(Column::DeletionId, act.as_uuid())]);
        let rows = self.tx.restore::<Entity>(which, Column::Version, Column::UpdatedAt, now).await;
        rows.map(|_| ()).map_err(repository)
    }
}
