use async_trait::async_trait;
use cotenant_domain::audit::ActorKind;
use cotenant_domain::platform::{NewPlatformAudit, PlatformAuditEvent, PlatformAuditFilter, PlatformAuditLog};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::Origin;
use cotenant_scoped::Filter;

use super::audit_event::{Column, Entity, Model};
use crate::error::{corrupt, repository};
use crate::paging::paged;
use crate::unit::SeaPlatformUnit;

fn entity(row: Model) -> Result<PlatformAuditEvent, RepositoryError> {
    Ok(PlatformAuditEvent {
        id: row.id,
        at: row.at,
        actor_kind: ActorKind::parse(&row.actor_kind).ok_or(corrupt("platform_audit_events.actor_kind"))?,
        actor_id: row.actor_id,
        action: row.action,
        object_id: row.object_id,
        detail: serde_json::from_str(&row.detail).map_err(|_| corrupt("platform_audit_events.detail"))?,
        origin: Origin { request_id: row.request_id, address: row.address, agent: row.agent },
    })
}

fn row(event: PlatformAuditEvent) -> Model {
    Model {
        id: event.id,
        at: event.at,
        actor_kind: event.actor_kind.as_str().into(),
        actor_id: event.actor_id,
        action: event.action,
        object_id: event.object_id,
        detail: event.detail.to_string(),
        request_id: event.origin.request_id,
        address: event.origin.address,
        agent: event.origin.agent,
    }
}

fn filters(filter: &PlatformAuditFilter) -> Filter<Entity> {
    let parts = [
        filter.action.as_ref().map(|action| Filter::eq(Column::Action, action.as_str())),
        filter.actor_id.map(|id| Filter::eq(Column::ActorId, id)),
        filter.object_id.map(|id| Filter::eq(Column::ObjectId, id)),
        filter.from.map(|at| Filter::gte(Column::At, at)),
        filter.until.map(|at| Filter::lt(Column::At, at)),
    ];
    Filter::all(parts.into_iter().flatten())
}

#[async_trait]
impl PlatformAuditLog for SeaPlatformUnit {
    async fn record(&self, event: NewPlatformAudit) -> Result<(), RepositoryError> {
        let event = event.by(self.author.principal, self.author.origin.clone());
        self.tx.insert::<Entity>(row(event)).await.map_err(repository)
    }

    async fn list(
        &self,
        filter: &PlatformAuditFilter,
        page: &PageRequest<()>,
    ) -> Result<Page<PlatformAuditEvent>, RepositoryError> {
        let find = paged(self.tx.find::<Entity>().filter(filters(filter)), page, None, Column::Id)?;
        let rows = find.all().await.map_err(repository)?;
        let events = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(events, page.limit, |event| Position { value: SortValue::Id, id: event.id }))
    }
}
