use async_trait::async_trait;
use cotenant_domain::audit::{ActorKind, AuditEvent, AuditFilter, AuditLog, AuditReader, NewAudit};
use cotenant_domain::shared::{Direction, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::Origin;
use cotenant_scoped::{Filter, Mode, Order, Writing};

use super::event::{Column, Entity, Model};
use super::head;
use crate::error::{corrupt, repository};
use crate::unit::TenantUnit;

fn entity(row: Model) -> Result<AuditEvent, RepositoryError> {
    Ok(AuditEvent {
        seq: row.seq,
        id: row.id,
        at: row.at,
        actor_kind: ActorKind::parse(&row.actor_kind).ok_or(corrupt("audit_events.actor_kind"))?,
        actor_id: row.actor_id,
        action: row.action,
        object_kind: row.object_kind,
        object_id: row.object_id,
        detail: serde_json::from_str(&row.detail).map_err(|_| corrupt("audit_events.detail"))?,
        origin: Origin { request_id: row.request_id, address: row.address, agent: row.agent },
    })
}

fn filters(filter: &AuditFilter) -> Filter<Entity> {
    let text = |column, value: &Option<String>| value.as_ref().map(|value| Filter::eq(column, value.as_str()));
    let parts = [
        text(Column::Action, &filter.action),
        text(Column::ObjectKind, &filter.object_kind),
        filter.actor_id.map(|id| Filter::eq(Column::ActorId, id)),
        filter.object_id.map(|id| Filter::eq(Column::ObjectId, id)),
        filter.from.map(|at| Filter::gte(Column::At, at)),
        filter.until.map(|at| Filter::lt(Column::At, at)),
    ];
    Filter::all(parts.into_iter().flatten())
}

#[async_trait]
impl<M: Mode> AuditReader for TenantUnit<M> {
    async fn list(&self, filter: &AuditFilter, page: &PageRequest<()>) -> Result<Page<AuditEvent>, RepositoryError> {
        let order = match page.direction {
            Direction::Ascending => Order::Ascending,
            Direction::Descending => Order::Descending,
        };
        let mut find = self.tx.find::<Entity>().filter(filters(filter)).order_by(Column::Seq, order);
        if let Some(after) = &page.after {
            let SortValue::Int(seq) = after.value else {
                return Err(corrupt("page position"));
            };
            find = find.after(vec![Column::Seq], vec![seq.into()], order);
        }
        let rows = find.limit(u64::from(page.limit.get()) + 1).all().await.map_err(repository)?;
        let events = rows.into_iter().map(entity).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(events, page.limit, |event| Position { value: SortValue::Int(event.seq), id: event.id }))
    }
}

#[async_trait]
impl AuditLog for TenantUnit<Writing> {
    async fn record(&self, event: NewAudit) -> Result<(), RepositoryError> {
        let (actor_kind, actor_id) = self.author.principal.split();
        let origin = self.author.origin.clone();
        let row = Model {
            tenant_id: self.tenant,
            seq: self.next_seq().await?,
            id: event.id,
            at: event.at,
            actor_kind: actor_kind.as_str().into(),
            actor_id,
            action: event.action.into(),
            object_kind: event.object.kind.into(),
            object_id: event.object.id,
            detail: event.detail.to_string(),
            request_id: origin.request_id,
            address: origin.address,
            agent: origin.agent,
        };
        self.tx.insert::<Entity>(row).await.map_err(repository)
    }
}

impl TenantUnit<Writing> {
    /// Takes the next place in the log. The head's row is locked from here to the end of the unit, so that the sequence
    /// has no gaps and no doubles; the first event of a tenant makes the row.
    async fn next_seq(&self) -> Result<i64, RepositoryError> {
        loop {
            let rows = self.tx.update::<head::Entity>().add(head::Column::Seq, 1).returning().await;
            if let Some(head) = rows.map_err(repository)?.first() {
                return Ok(head.seq);
            }
            let first = head::Model { tenant_id: self.tenant, seq: 0 };
            self.tx.insert_new::<head::Entity>(first).await.map_err(repository)?;
        }
    }
}
