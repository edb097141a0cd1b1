use cotenant_domain::stores::{ChangeStore, ListStores, OpenStore, Store, StoreFilter, StoreId, StoreSort};
use cotenant_domain::tenancy::Version;
use garde::Validate;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{CodeField, CurrencyField, FlagField, LimitField, NameField, TimezoneField, present, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "Mombasa Road", "code": "MSA-1",
    "timezone": "Africa/Nairobi", "currency": "KES", "is_active": true,
    "created_at": "2026-11-23T03:20:04.123456Z", "updated_at": "2026-11-23T03:20:04.123456Z", "version": 1
}))]
pub(super) struct StoreView {
    id: Uuid,
    name: String,
    code: String,
    timezone: String,
    currency: &'static str,
    is_active: bool,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    #[serde(serialize_with = "timestamp")]
    updated_at: OffsetDateTime,
    /// How often it has changed, from 1; the ETag.
    version: i64,
    /// When it was deleted; only on a deleted store that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_timestamp")]
    deleted_at: Option<OffsetDateTime>,
}

impl From<Store> for StoreView {
    fn from(store: Store) -> Self {
        Self {
            id: store.base.id.as_uuid(),
            name: store.name.to_string(),
            code: store.code.to_string(),
            timezone: store.timezone.to_string(),
            currency: store.currency.code(),
            is_active: store.is_active,
            created_at: store.base.created_at,
            updated_at: store.base.updated_at,
            version: store.base.version,
            deleted_at: store.base.deletion.map(|d| d.at),
        }
    }
}

/// A store to be opened.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Mombasa Road", "code": "MSA-1", "timezone": "Africa/Nairobi", "currency": "KES"
}))]
pub(super) struct OpenStoreBody {
    /// An id of your own choice; without one the server chooses.
    #[garde(skip)]
    id: Option<Uuid>,
    #[garde(dive)]
    name: NameField,
    #[garde(dive)]
    code: CodeField,
    /// `UTC` unless told.
    #[garde(dive)]
    timezone: Option<TimezoneField>,
    #[garde(dive)]
    currency: CurrencyField,
    /// Whether it is open for business at once; `true` unless told.
    #[garde(skip)]
    is_active: Option<bool>,
}

impl TryFrom<OpenStoreBody> for OpenStore {
    type Error = ApiError;

    fn try_from(body: OpenStoreBody) -> Result<Self, ApiError> {
        let timezone = match valid(body.timezone)? {
            Some(timezone) => timezone,
            None => "UTC".parse().map_err(ApiError::internal)?,
        };
        Ok(Self {
            id: body.id.map(StoreId::new),
            name: body.name.valid()?,
            code: body.code.valid()?,
            timezone,
            currency: body.currency.valid()?,
            is_active: body.is_active.unwrap_or(true),
        })
    }
}

/// Changes to a store; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Mombasa Road II", "is_active": false }))]
pub(super) struct ChangeStoreBody {
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<NameField>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    code: Option<CodeField>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    timezone: Option<TimezoneField>,
    #[garde(dive)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    currency: Option<CurrencyField>,
    #[garde(skip)]
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    is_active: Option<bool>,
}

impl ChangeStoreBody {
    pub(super) fn command(self, expected: Option<Version>) -> Result<ChangeStore, ApiError> {
        Ok(ChangeStore {
            name: valid(self.name)?,
            code: valid(self.code)?,
            timezone: valid(self.timezone)?,
            currency: valid(self.currency)?,
            is_active: self.is_active,
            expected,
        })
    }
}

impl SortKey for StoreSort {
    const NAME: &'static str = "StoreSort";
    const DEFAULT: SortWord<Self> = ("id", Self::Id, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[
        ("name", Self::Name, SortKind::Text),
        ("code", Self::Code, SortKind::Text),
        ("created_at", Self::CreatedAt, SortKind::Time),
    ];
}

type StoreSortField = SortField<StoreSort>;

/// Which stores, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<StoreSortField>,
    /// Only open, or only closed stores.
    #[garde(dive)]
    #[schema(nullable = false)]
    is_active: Option<FlagField>,
    /// Only stores whose name or code contains this, whatever the case.
    #[garde(dive)]
    #[schema(nullable = false)]
    q: Option<NameField>,
    /// Deleted stores too; needs the permission `deleted.read`.
    #[garde(dive)]
    #[schema(nullable = false)]
    include_deleted: Option<FlagField>,
}

impl StoreQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListStores, ApiError> {
        let Self { limit, cursor, sort, is_active, q, include_deleted } = self;
        let filter = StoreFilter {
            is_active: valid(is_active)?,
            text: valid(q)?.map(|text| text.key()),
            include_deleted: valid(include_deleted)?.unwrap_or(false),
        };
        Ok(ListStores { filter, page: page::request(limit, cursor, sort, binding)? })
    }
}
