use cotenant_domain::identity::UserId;
use cotenant_domain::support::{
    End, LONGEST, ListSupportGrants, MakeSupportGrant, NewSupportGrant, SHORTEST, SupportGrant, SupportGrantFilter,
    USUAL,
};
use garde::Validate;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::{maybe_timestamp, timestamp};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{FlagField, IdField, JustificationField, LimitField, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// An operator's access to one tenant for a while.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8060", "tenant_id": "01890a5d-ac96-774b-bcce-b302099a8050",
    "operator_id": "01890a5d-ac96-774b-bcce-b302099a8056", "reason": "Ticket 4711: the totals of October differ",
    "may_write": false, "created_at": "2026-11-23T03:20:04.123456Z", "expires_at": "2026-11-23T04:20:04.123456Z",
    "ended": { "at": "2026-11-23T03:40:00.000000Z", "kind": "user", "id": "01890a5d-ac96-774b-bcce-b302099a8057" },
    "last_used_at": "2026-11-23T03:21:00.000000Z", "last_used_address": "192.0.2.7"
}))]
pub(super) struct SupportGrantView {
    id: Uuid,
    /// The tenant that it opens.
    tenant_id: Uuid,
    /// The person whose access it is.
    operator_id: Uuid,
    /// Why.
    reason: String,
    /// Whether it lets them change data. It never lets them touch members, roles, invitations, accounts or keys.
    may_write: bool,
    #[serde(serialize_with = "timestamp")]
    created_at: OffsetDateTime,
    /// Until when it is good.
    #[serde(serialize_with = "timestamp")]
    expires_at: OffsetDateTime,
    /// Its end, where it was ended before that.
    ended: Option<SupportEndView>,
    /// When it was used last, to a few minutes; `null` is never.
    #[serde(serialize_with = "maybe_timestamp")]
    last_used_at: Option<OffsetDateTime>,
    /// From which address that was.
    last_used_address: Option<String>,
    /// The token, for `Authorization: Bearer cos_...`; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// An early end.
#[derive(Serialize, ToSchema)]
struct SupportEndView {
    #[serde(serialize_with = "timestamp")]
    at: OffsetDateTime,
    /// Who ended it: `user`, `service_account`, `operator` or `system`.
    kind: &'static str,
    /// Which one, where it was one.
    id: Option<Uuid>,
}

impl From<End> for SupportEndView {
    fn from(end: End) -> Self {
        Self { at: end.at, kind: end.by_kind.as_str(), id: end.by_id }
    }
}

impl From<SupportGrant> for SupportGrantView {
    fn from(grant: SupportGrant) -> Self {
        Self {
            id: grant.id.as_uuid(),
            tenant_id: grant.tenant_id.as_uuid(),
            operator_id: grant.operator_id.as_uuid(),
            reason: grant.reason.to_string(),
            may_write: grant.may_write,
            created_at: grant.created_at,
            expires_at: grant.expires_at,
            ended: grant.end.map(SupportEndView::from),
            last_used_at: grant.last_used_at,
            last_used_address: grant.last_used_address,
            token: None,
        }
    }
}

impl From<NewSupportGrant> for SupportGrantView {
    fn from(made: NewSupportGrant) -> Self {
        Self { token: Some(made.token.expose_secret().to_owned()), ..made.grant.into() }
    }
}

const LEAST: i64 = SHORTEST.whole_minutes();
const MOST: i64 = LONGEST.whole_minutes();

/// Access to a tenant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "reason": "Ticket 4711: the totals of October differ", "duration_minutes": 30 }))]
pub(super) struct MakeSupportGrantBody {
    /// Why; the tenant reads it.
    #[garde(dive)]
    reason: JustificationField,
    /// How long it is good: an hour unless told, eight hours at most.
    #[garde(inner(range(min = LEAST, max = MOST)))]
    #[schema(minimum = 5, maximum = 480)]
    duration_minutes: Option<i64>,
    /// Whether it lets you change data; it does not unless told.
    #[garde(skip)]
    may_write: Option<bool>,
}

impl TryFrom<MakeSupportGrantBody> for MakeSupportGrant {
    type Error = ApiError;

    fn try_from(body: MakeSupportGrantBody) -> Result<Self, ApiError> {
        Ok(Self {
            reason: body.reason.valid()?,
            duration: body.duration_minutes.map_or(USUAL, Duration::minutes),
            may_write: body.may_write.unwrap_or(false),
        })
    }
}

/// The one order of grants.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "SupportGrantSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type SupportGrantSortField = SortField<ById>;

/// Which grants, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SupportGrantQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<SupportGrantSortField>,
    /// Only those of this operator.
    #[garde(dive)]
    #[schema(nullable = false)]
    operator_id: Option<IdField>,
    /// Only those that were neither ended nor have run out.
    #[garde(dive)]
    #[schema(nullable = false)]
    live: Option<FlagField>,
}

impl SupportGrantQuery {
    pub(super) fn command(self, binding: Binding, now: OffsetDateTime) -> Result<ListSupportGrants, ApiError> {
        let filter = SupportGrantFilter {
            operator_id: valid(self.operator_id)?.map(UserId::new),
            live_at: valid(self.live)?.unwrap_or(false).then_some(now),
        };
        let page = page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?);
        Ok(ListSupportGrants { filter, page })
    }
}
