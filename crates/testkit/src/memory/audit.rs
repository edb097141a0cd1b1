use async_trait::async_trait;
use cotenant_domain::audit::{AuditEvent, AuditFilter, AuditLog, AuditReader, ChainHash, NewAudit};
use cotenant_domain::shared::{Page, PageRequest, Position, RepositoryError, SortValue};

use super::paging::page;
use super::unit::TenantWork;

fn shown(event: &AuditEvent, filter: &AuditFilter) -> bool {
    filter.action.as_ref().is_none_or(|action| *action == event.action)
        && filter.actor_id.is_none_or(|actor| event.actor_id == Some(actor))
        && filter.object_kind.as_ref().is_none_or(|kind| *kind == event.object_kind)
        && filter.object_id.is_none_or(|id| id == event.object_id)
        && filter.from.is_none_or(|from| from <= event.at)
        && filter.until.is_none_or(|until| event.at < until)
}

#[async_trait]
impl AuditReader for TenantWork {
    async fn list(&self, filter: &AuditFilter, request: &PageRequest<()>) -> Result<Page<AuditEvent>, RepositoryError> {
        self.look(|room| {
            page(room.audit.iter().filter(|event| shown(event, filter)), request, |event| Position {
                value: SortValue::Int(event.seq),
                id: event.id,
            })
        })
    }
}

#[async_trait]
impl AuditLog for TenantWork {
    async fn record(&self, event: NewAudit) -> Result<(), RepositoryError> {
        let (actor_kind, actor_id) = self.principal.split();
        self.act(|room| {
            let last = room.audit.last();
            let mut event = AuditEvent {
                seq: last.map_or(1, |last| last.seq + 1),
                id: event.id,
                at: event.at,
                actor_kind,
                actor_id,
                action: event.action.to_owned(),
                object_kind: event.object.kind.to_owned(),
                object_id: event.object.id,
                detail: self.principal.particulars(event.detail),
                origin: self.origin.clone(),
                hash: None,
            };
            let previous = last.and_then(|last| last.hash);
            let link = ChainHash::link(self.tenant, previous, &event);
            event.hash = Some(link.map_err(|error| RepositoryError::Failed(Box::new(error)))?);
            room.audit.push(event);
            Ok(())
        })
    }
}
