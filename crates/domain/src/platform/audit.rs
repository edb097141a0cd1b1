//! The platform's own audit log: what was done at the platform, and what belongs to no tenant, such as refused sign-ins.
//!
//! # Why it is not chained
//!
//! A chain has one end, and whoever records takes it until their transaction is over. Inside a tenant its own members wait for
//! each other there. Here strangers write: each refused sign-in would hold the end of the one log that all tenants share. So
//! its events have no place and no hash, and stand in the order of their ids.

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::audit::ActorKind;
use crate::shared::{Page, PageRequest, RepositoryError};
use crate::tenancy::{Origin, Principal};

/// Something done on the platform, about to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPlatformAudit {
    /// The event's id.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What was done, as `object.verb`.
    pub action: &'static str,
    /// To which object.
    pub object_id: Option<Uuid>,
    /// Particulars; never a secret.
    pub detail: Value,
}

/// Something that was done on the platform.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformAuditEvent {
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
    /// To which tenant, person, session or support grant: the action says to what kind. None where somebody unknown tried to
    /// sign in.
    pub object_id: Option<Uuid>,
    /// Particulars.
    pub detail: Value,
    /// From where.
    pub origin: Origin,
}

impl NewPlatformAudit {
    /// The event as it is recorded on behalf of somebody.
    pub fn by(self, principal: Principal, origin: Origin) -> PlatformAuditEvent {
        let Self { id, at, action, object_id, detail } = self;
        let (actor_kind, actor_id) = principal.split();
        PlatformAuditEvent { id, at, actor_kind, actor_id, action: action.into(), object_id, detail, origin }
    }
}

/// Which events a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlatformAuditFilter {
    /// Only this action.
    pub action: Option<String>,
    /// Only acts of this person or service account.
    pub actor_id: Option<Uuid>,
    /// Only acts on this tenant, person, session or support grant.
    pub object_id: Option<Uuid>,
    /// Only from this instant on.
    pub from: Option<OffsetDateTime>,
    /// Only before this instant.
    pub until: Option<OffsetDateTime>,
}

/// The platform's own audit log. Append-only. Who and from where is the scope's.
#[async_trait]
pub trait PlatformAuditLog: Send + Sync {
    /// Records an event, in the same transaction as the act.
    async fn record(&self, event: NewPlatformAudit) -> Result<(), RepositoryError>;
    /// One page of events by their ids, which is the order in which they were made.
    async fn list(
        &self,
        filter: &PlatformAuditFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<PlatformAuditEvent>, RepositoryError>;
}
