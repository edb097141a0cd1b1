use cotenant_domain::products::{
    ChangeProduct, CreateProduct, ListProducts, Product, ProductFilter, ProductId, ProductSort,
};
use cotenant_domain::tenancy::Version;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{CurrencyField, FlagField, LimitField, NameField, SkuField, present, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A product.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "store_id": "01890a5d-ac96-774b-bcce-b302099a8050",
    "sku": "TEA-250", "name": "Kericho tea, 250 g", "price_minor": 45000, "currency": "KES", "stock": 120,
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct ProductView {
    id: Uuid,
    store_id: Uuid,
    sku: String,
    name: String,
    /// The price in minor units of the currency.
    price_minor: i64,
    currency: &'static str,
    stock: i64,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
    /// When it was deleted; only on a deleted product that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_timestamp")]
    deleted_at: Option<OffsetDateTime>,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        Self {
            id: product.base.id.as_uuid(),
            store_id: product.base.store_id.as_uuid(),
            sku: product.sku.to_string(),
            name: product.name.to_string(),
            price_minor: product.price_minor,
            currency: product.currency.code(),
            stock: product.stock,
            created_at: product.base.created_at,
            updated_at: product.base.updated_at,
            version: product.base.version,
            deleted_at: product.base.deletion.map(|d| d.at),
        }
    }
}

/// A product to be added.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "sku": "TEA-250", "name": "Kericho tea, 250 g", "price_minor": 45000, "currency": "KES", "stock": 120
}))]
pub(super) struct CreateProductBody {
    /// An id of your own choice; without one the server chooses.
    #[garde(skip)]
    id: Option<Uuid>,
    #[garde(dive)]
    sku: SkuField,
    #[garde(dive)]
    name: NameField,
    /// The price in minor units of the currency.
    #[garde(range(min = 0))]
    #[schema(minimum = 0)]
    price_minor: i64,
    #[garde(dive)]
    currency: CurrencyField,
    /// How many are there; none unless told.
    #[garde(range(min = 0))]
    #[serde(default)]
    #[schema(minimum = 0)]
    stock: i64,
}

impl TryFrom<CreateProductBody> for CreateProduct {
    type Error = ApiError;

    fn try_from(body: CreateProductBody) -> Result<Self, ApiError> {
        Ok(Self {
            id: body.id.map(ProductId::new),
            sku: body.sku.valid()?,
            name: body.name.valid()?,
            price_minor: body.price_minor,
            currency: body.currency.valid()?,
            stock: body.stock,
        })
    }
}

/// Changes to a product; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "price_minor": 47500, "stock": 96 }))]
pub(super) struct ChangeProductBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    sku: Option<SkuField>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<NameField>,
    /// The price in minor units of the currency.
    #[garde(inner(range(min = 0)))]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 0)]
    price_minor: Option<i64>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    currency: Option<CurrencyField>,
    #[garde(inner(range(min = 0)))]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 0)]
    stock: Option<i64>,
}

impl ChangeProductBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeProduct, ApiError> {
        Ok(ChangeProduct {
            sku: valid(self.sku)?,
            name: valid(self.name)?,
            price_minor: self.price_minor,
            currency: valid(self.currency)?,
            stock: self.stock,
            expected,
        })
    }
}

impl SortKey for ProductSort {
    const NAME: &'static str = "ProductSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[
        ("name", Self::Name, SortKind::Text),
        ("sku", Self::Sku, SortKind::Text),
        ("price_minor", Self::Price, SortKind::Int),
        ("created_at", Self::CreatedAt, SortKind::Time),
    ];
}

type ProductSortField = SortField<ProductSort>;

/// Which products, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProductQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<ProductSortField>,
    /// Only products whose name or SKU contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
    /// Only products in stock, or only those out of it.
    #[garde(dive)]
    #[schema(nullable = false)]
    in_stock: Option<FlagField>,
    /// Deleted products too; needs the permission `deleted.read`.
    #[garde(dive)]
    #[schema(nullable = false)]
    include_deleted: Option<FlagField>,
}

impl ProductQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListProducts, ApiError> {
        let Self { limit, cursor, sort, q, in_stock, include_deleted } = self;
        let filter = ProductFilter {
            text: valid(q)?.map(|text| text.key()),
            in_stock: valid(in_stock)?,
            include_deleted: valid(include_deleted)?.unwrap_or(false),
        };
        Ok(ListProducts { filter, page: page::request(limit, cursor, sort, binding)? })
    }
}
