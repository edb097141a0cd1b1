use cotenant_domain::services::{ApiKey, CreateKey, LONGEST_OVERLAP, NewKey, RotateKey, USUAL_OVERLAP};
use cotenant_domain::shared::PageRequest;
use garde::Validate;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{InstantField, LimitField, NameField, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// A key of a service account. Its secret is in the answer that made it, and in no other.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8052", "service_account_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "name": "Till in Mombasa Road",
    "prefix": "cok_01890a5dac96774bbcceb302099a8050_01890a5dac96774bbcceb302099a8052_",
    "created_at": "2026-11-23T03:20:04.123456Z", "created_by": "01890a5d-ac96-774b-bcce-b302099a8056",
    "expires_at": "2027-11-23T03:20:04.000000Z", "last_used_at": "2026-11-24T08:01:00.000000Z",
    "last_used_address": "192.0.2.7", "successor_id": null
}))]
pub(super) struct KeyView {
    id: Uuid,
    service_account_id: Uuid,
    /// Where it is used.
    name: String,
    /// What the key begins with, up to its secret: enough to recognise it.
    prefix: String,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    /// Who made it.
    created_by: Uuid,
    /// Until when it is good; `null` is until it is revoked.
    #[serde(serialize_with = "maybe_timestamp")]
    expires_at: Option<OffsetDateTime>,
    /// When it was used last, to a few minutes; `null` is never.
    #[serde(serialize_with = "maybe_timestamp")]
    last_used_at: Option<OffsetDateTime>,
    /// From which address that was.
    last_used_address: Option<String>,
    /// The key that it was rotated to.
    successor_id: Option<Uuid>,
    /// The key itself, for `Authorization: Bearer cok_...`; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.as_uuid(),
            service_account_id: key.account_id.as_uuid(),
            prefix: key.prefix(),
            name: key.name.to_string(),
            created_at: key.created_at,
            created_by: key.created_by.as_uuid(),
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            last_used_address: key.last_used_address,
            successor_id: key.successor_id.map(|id| id.as_uuid()),
            key: None,
        }
    }
}

impl From<NewKey> for KeyView {
    fn from(made: NewKey) -> Self {
        Self { key: Some(made.text.expose_secret().to_owned()), ..made.key.into() }
    }
}

/// A key to be made.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "name": "Till in Mombasa Road", "expires_at": "2027-11-23T03:20:04Z" }))]
pub(super) struct CreateKeyBody {
    /// Where it will be used.
    #[garde(dive)]
    name: NameField,
    /// Until when it is good; without an end it is good until it is revoked.
    #[garde(dive)]
    expires_at: Option<InstantField>,
}

impl TryFrom<CreateKeyBody> for CreateKey {
    type Error = ApiError;

    fn try_from(body: CreateKeyBody) -> Result<Self, ApiError> {
        Ok(Self { name: body.name.valid()?, expires_at: valid(body.expires_at)?.map(|instant| instant.0) })
    }
}

const LONGEST: i64 = LONGEST_OVERLAP.whole_seconds();

/// A rotation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "overlap_seconds": 3600 }))]
pub(super) struct RotateKeyBody {
    /// How long the old key is good beside the new one: a day unless told, a week at most; 0 ends it at once.
    #[garde(inner(range(min = 0, max = LONGEST)))]
    #[schema(minimum = 0, maximum = 604800)]
    overlap_seconds: Option<i64>,
    /// Until when the new key is good; as long as the old one was made for unless told.
    #[garde(dive)]
    expires_at: Option<InstantField>,
}

impl TryFrom<RotateKeyBody> for RotateKey {
    type Error = ApiError;

    fn try_from(body: RotateKeyBody) -> Result<Self, ApiError> {
        Ok(Self {
            overlap: body.overlap_seconds.map_or(USUAL_OVERLAP, Duration::seconds),
            expires_at: valid(body.expires_at)?.map(|instant| instant.0),
        })
    }
}

/// The one order of keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "KeySort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type KeySortField = SortField<ById>;

/// Which page of keys, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<KeySortField>,
}

impl KeyQuery {
    pub(super) fn page(self, binding: Binding) -> Result<PageRequest<()>, ApiError> {
        Ok(page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?))
    }
}
