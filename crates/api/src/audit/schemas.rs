use cotenant_domain::audit::{ActorKind, AuditEvent, AuditFilter, ExportAudit, ExportFormat, ListAudit};
use cotenant_domain::tenancy::Origin;
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::answer::timestamp;
use crate::cursor::{Binding, SortKind};
use crate::error::ApiError;
use crate::fields::{Choice, Choices, IdField, InstantField, LimitField, PlaceField, Text, WordField, valid};
use crate::page::{self, SortField, SortKey, SortWord};

/// Something that was done in the tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "seq": 42, "id": "01890a5d-ac96-774b-bcce-b302099a8057", "at": "2026-11-23T03:20:04.123456Z",
    "actor": { "kind": "user", "id": "01890a5d-ac96-774b-bcce-b302099a8056" },
    "action": "store.opened",
    "object": { "kind": "store", "id": "01890a5d-ac96-774b-bcce-b302099a8050" },
    "detail": { "name": "Mombasa Road", "code": "MSA-1" },
    "origin": { "request_id": "01890a5d-ac96-774b-bcce-b302099a8051", "address": "192.0.2.7", "agent": "curl/8.9" },
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
}))]
pub(super) struct AuditEventView {
    /// Its place in the tenant's log, from 1 and without gaps.
    seq: i64,
    id: Uuid,
    #[serde(serialize_with = "timestamp")]
    at: OffsetDateTime,
    actor: AuditActorView,
    /// What was done, as `object.verb`.
    action: String,
    object: AuditObjectView,
    /// Particulars; of a change, each changed field as `[old, new]`.
    #[schema(value_type = Object)]
    detail: Value,
    origin: AuditOriginView,
    /// Its link in the chain of the tenant's events: of its content and of the hash before it. Who keeps the newest one
    /// elsewhere can tell later whether the log was changed since. None of events from before there was a chain.
    hash: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActorView {
    /// `user`, `service_account`, `operator` or `system`.
    kind: &'static str,
    /// Which person or service account, where it was one.
    id: Option<Uuid>,
}

/// To what it was done.
#[derive(Debug, Serialize, ToSchema)]
struct AuditObjectView {
    kind: String,
    id: Uuid,
}

/// From where it was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditOriginView {
    request_id: Option<String>,
    /// The peer's address.
    address: Option<String>,
    /// The client's own name of itself.
    agent: Option<String>,
}

impl AuditActorView {
    pub(crate) fn of(kind: ActorKind, id: Option<Uuid>) -> Self {
        Self { kind: kind.as_str(), id }
    }
}

impl From<Origin> for AuditOriginView {
    fn from(origin: Origin) -> Self {
        Self { request_id: origin.request_id, address: origin.address, agent: origin.agent }
    }
}

impl From<AuditEvent> for AuditEventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            seq: event.seq,
            id: event.id,
            at: event.at,
            actor: AuditActorView::of(event.actor_kind, event.actor_id),
            action: event.action,
            object: AuditObjectView { kind: event.object_kind, id: event.object_id },
            detail: event.detail,
            origin: event.origin.into(),
            hash: event.hash.map(|hash| hash.to_string()),
        }
    }
}

/// The one order of the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct BySeq;

impl SortKey for BySeq {
    const NAME: &'static str = "AuditSort";
    const DEFAULT: SortWord<Self> = ("seq", Self, SortKind::Int);
    const OTHERS: &'static [SortWord<Self>] = &[];
}

type AuditSortField = SortField<BySeq>;

/// Which events, in which order.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    #[garde(dive)]
    #[schema(nullable = false)]
    limit: Option<LimitField>,
    /// The `next_cursor` of the page before.
    #[garde(skip)]
    #[schema(nullable = false)]
    cursor: Option<String>,
    #[garde(dive)]
    #[schema(nullable = false)]
    sort: Option<AuditSortField>,
    /// Only this action, such as `store.opened`.
    #[garde(dive)]
    #[schema(nullable = false)]
    action: Option<WordField>,
    /// Only acts of this person or service account.
    #[garde(dive)]
    #[schema(nullable = false)]
    actor_id: Option<IdField>,
    /// Only acts on this kind of thing, such as `store`.
    #[garde(dive)]
    #[schema(nullable = false)]
    object_kind: Option<WordField>,
    /// Only acts on this thing.
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

impl AuditQuery {
    pub(super) fn command(self, binding: Binding) -> Result<ListAudit, ApiError> {
        let filter = AuditFilter {
            action: valid(self.action)?.map(|word| word.0),
            actor_id: valid(self.actor_id)?,
            object_kind: valid(self.object_kind)?.map(|word| word.0),
            object_id: valid(self.object_id)?,
            from: valid(self.from)?.map(|instant| instant.0),
            until: valid(self.until)?.map(|instant| instant.0),
        };
        let page = page::in_order(page::request(self.limit, self.cursor, self.sort, binding)?);
        Ok(ListAudit { filter, page })
    }
}

impl Choices for ExportFormat {
    const NAME: &'static str = "AuditExportFormat";
    const ALL: &'static [(&'static str, Self)] = &[("jsonl", Self::JsonLines), ("csv", Self::Csv)];
}

type FormatField = Text<Choice<ExportFormat>>;

/// Which events, and how they are written.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportQuery {
    /// How they are written; `jsonl` unless told.
    #[garde(dive)]
    #[schema(nullable = false)]
    format: Option<FormatField>,
    /// Only events after this place in the log: what was recorded since the last export, which ended there.
    #[garde(dive)]
    #[schema(nullable = false)]
    after_seq: Option<PlaceField>,
    /// Only this action, such as `store.opened`.
    #[garde(dive)]
    #[schema(nullable = false)]
    action: Option<WordField>,
    /// Only acts of this person.
    #[garde(dive)]
    #[schema(nullable = false)]
    actor_id: Option<IdField>,
    /// Only acts on this kind of thing, such as `store`.
    #[garde(dive)]
    #[schema(nullable = false)]
    object_kind: Option<WordField>,
    /// Only acts on this thing.
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

impl ExportQuery {
    pub(super) fn command(self) -> Result<ExportAudit, ApiError> {
        let filter = AuditFilter {
            action: valid(self.action)?.map(|word| word.0),
            actor_id: valid(self.actor_id)?,
            object_kind: valid(self.object_kind)?.map(|word| word.0),
            object_id: valid(self.object_id)?,
            from: valid(self.from)?.map(|instant| instant.0),
            until: valid(self.until)?.map(|instant| instant.0),
        };
        let format = valid(self.format)?.map_or(ExportFormat::JsonLines, |choice| choice.0);
        let after_seq = valid(self.after_seq)?.map_or(0, |place| place.0);
        Ok(ExportAudit { format, filter, after_seq })
    }
}
