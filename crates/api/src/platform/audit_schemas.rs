use cotenant_domain::platform::{ListPlatformAudit, PlatformAuditEvent, PlatformAuditFilter};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::audit::{AuditActorView, AuditOriginView};
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{IdField, InstantField, LimitField, WordField, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// Something that was done on the platform.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8057", "at": "2026-11-23T03:20:04.123456Z",
    "actor": { "kind": "operator", "id": "01890a5d-ac96-774b-bcce-b302099a8056" },
    "action": "tenant.suspended", "object_id": "01890a5d-ac96-774b-bcce-b302099a8050",
    "detail": { "reason": "The invoice of October is unpaid" },
    "origin": { "request_id": "01890a5d-ac96-774b-bcce-b302099a8051", "address": "192.0.2.7", "agent": "curl/8.9" }
}))]
pub(super) struct PlatformAuditEventView {
    id: Uuid,
    #[serde(serialize_with = "timestamp")]
    at: OffsetDateTime,
    actor: AuditActorView,
    /// What was done, as `object.verb`.
    action: String,
    /// To which tenant, person, session or support grant, as the action says; none where somebody unknown tried to sign in.
    object_id: Option<Uuid>,
    /// Particulars; of a change, each changed field as `[old, new]`.
    #[schema(value_type = Object)]
    detail: Value,
    origin: AuditOriginView,
}

impl From<PlatformAuditEvent> for PlatformAuditEventView {
    fn from(event: PlatformAuditEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            actor: AuditActorView::of(event.actor_kind, event.actor_id),
            action: event.action,
            object_id: event.object_id,
            detail: event.detail,
            origin: event.origin.into(),
        }
    }
}

/// The one order of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct ById;

impl SortKey for ById {
    const NAME: &'static str = "PlatformAuditSort";
    const DEFAULT: SortWord<Self> = ("id", Self, SortKind::Id);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type PlatformAuditSortField = SortField<ById>;

/// Which events, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlatformAuditQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<PlatformAuditSortField>,
    /// Only this action, such as `session.refused`.
    #[garde(dive)]
    #[schema(nullable = false)]
    action: Option<WordField>,
    /// Only acts of this person or service account.
    #[garde(dive)]
    #[schema(nullable = false)]
    actor_id: Option<IdField>,
    /// Only acts on this tenant, person, session or support grant.
    #[garde(dive)]
    #[schema(nullable = false)]
    object_id: Option<IdField>,
    /// Only from this instant on.
    #[garde(dive)]
    #[schema(nullable = false)]
    from: Option<InstantField>,
    /// Only before this instant.
    #[garde(dive)]
    #[schema(nullable = false)]
    until: Option<InstantField>,
}

impl PlatformAuditQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListPlatformAudit, ApiError> {
        let filter = PlatformAuditFilter {
            action: valid(self.action)?.map(|word| word.0),
            actor_id: valid(self.actor_id)?,
            object_id: valid(self.object_id)?,
            from: valid(self.from)?.map(|instant| instant.0),
            until: valid(self.until)?.map(|instant| instant.0),
        };
        let page = page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?);
        Ok(ListPlatformAudit { filter, page })
    }
}
