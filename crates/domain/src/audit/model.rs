use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::chain::ChainHash;
use crate::tenancy::{Origin, Principal};

/// What something was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Object {
    /// What kind of thing, for example `store`.
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// Something done in a tenant, about to be recorded. Who and from where is the scope's.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAudit {
    /// The event's id.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What was done, as `object.verb`, for example `store.opened`.
    pub action: &'static str,
    /// To what.
    pub object: Object,
    /// Particulars: what changed, from what to what; whole numbers only, never a secret.
    pub detail: Value,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A member.
    User,
    /// A service account.
    Service,
    /// An operator of the platform.
    Operator,
    /// The system itself.
    System,
}

impl ActorKind {
    /// The stored form: `user`, `service_account`, `operator`, `system`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Service => "service_account",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// Reads the stored form.
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::User, Self::Service, Self::Operator, Self::System].into_iter().find(|k| k.as_str() == stored)
    }
}

impl Principal {
    /// The kind of principal and, for people and service accounts, who.
    pub fn split(self) -> (ActorKind, Option<Uuid>) {
        match self {
            Self::User(id) => (ActorKind::User, Some(id.as_uuid())),
            Self::Service(id) => (ActorKind::Service, Some(id.as_uuid())),
            Self::Operator(id) | Self::Support { operator: id, .. } => (ActorKind::Operator, Some(id.as_uuid())),
            Self::System => (ActorKind::System, None),
        }
    }

    /// Particulars as the log takes them: of what an operator does under a support grant, they name the grant. Every adapter
    /// writes them so, and no use case has to think of it.
    #[must_use]
    pub fn particulars(self, mut detail: Value) -> Value {
        if let (Self::Support { grant, .. }, Some(fields)) = (self, detail.as_object_mut()) {
            fields.insert("support_grant_id".to_owned(), json!(grant));
        }
        detail
    }
}

/// Something that was done in a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEvent {
    /// Its place in the tenant's log, from 1 and without gaps.
    pub seq: i64,
    /// The event's id.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What kind of principal did it.
    pub actor_kind: ActorKind,
    /// Which person or service account, where it was one.
    pub actor_id: Option<Uuid>,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub object_kind: String,
    /// To which one.
    pub object_id: Uuid,
    /// Particulars.
    pub detail: Value,
    /// From where.
    pub origin: Origin,
    /// Its link in the [chain](super::ChainHash); none where it was recorded before there was a chain.
    pub hash: Option<ChainHash>,
}

/// Which events a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only this action.
    pub action: Option<String>,
    /// Only acts of this person or service account.
    pub actor_id: Option<Uuid>,
    /// Only acts on this kind of thing.
    pub object_kind: Option<String>,
    /// Only acts on this thing.
    pub object_id: Option<Uuid>,
    /// Only from this instant on.
    pub from: Option<OffsetDateTime>,
    /// Only before this instant.
    pub until: Option<OffsetDateTime>,
}
