use async_trait::async_trait;
use cotenant_domain::audit::{
    ActorKind, AuditEvent, AuditFilter, AuditLog, AuditReader, ChainHash, Head, NewAudit, NotCanonical, canonical,
};
use cotenant_domain::shared::{Direction, Id, Page, PageRequest, Position, RepositoryError, SortValue};
use cotenant_domain::tenancy::Origin;
use cotenant_scoped::{Filter, Mode, Order, Writing};
use uuid::Uuid;

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
        hash: hash("audit_events.hash", row.hash)?,
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
        let mut event = AuditEvent {
            seq: 0,
            id: event.id,
            at: event.at,
            actor_kind,
            actor_id,
            action: event.action.into(),
            object_kind: event.object.kind.into(),
            object_id: event.object.id,
            detail: self.author.principal.particulars(event.detail),
            origin: self.author.origin.clone(),
            hash: None,
        };
        let mut guess = self.heads.guess(self.tenant);
        loop {
            let head = match guess.take() {
                Some(head) => head,
                None => self.lock_head().await?,
            };
            event.seq = head.seq + 1;
            event.hash = Some(ChainHash::link(Id::new(self.tenant), head.hash, &event).map_err(failed)?);
            let next = Head { seq: event.seq, hash: event.hash };
            if self.advance(head, next).await? {
                self.heads.keep(self.tenant, next);
                return self.tx.insert::<Entity>(row(self.tenant, event)?).await.map_err(repository);
            }
        }
    }
}

fn row(tenant: Uuid, event: AuditEvent) -> Result<Model, RepositoryError> {
    Ok(Model {
        tenant_id: tenant,
        seq: event.seq,
        id: event.id,
        at: event.at,
        actor_kind: event.actor_kind.as_str().into(),
        actor_id: event.actor_id,
        action: event.action,
        object_kind: event.object_kind,
        object_id: event.object_id,
        detail: canonical(&event.detail).map_err(failed)?,
        request_id: event.origin.request_id,
        address: event.origin.address,
        agent: event.origin.agent,
        hash: bytes(event.hash),
    })
}

fn failed(error: NotCanonical) -> RepositoryError {
    RepositoryError::Failed(Box::new(error))
}

fn bytes(hash: Option<ChainHash>) -> Option<Vec<u8>> {
    hash.map(|hash| hash.bytes().to_vec())
}

fn hash(column: &'static str, stored: Option<Vec<u8>>) -> Result<Option<ChainHash>, RepositoryError> {
    stored.map(|bytes| bytes.try_into().map(ChainHash::new).map_err(|_| corrupt(column))).transpose()
}

impl TenantUnit<Writing> {
    /// The head of the log, locked from here to the end of the unit; the first event of a tenant makes the row.
    async fn lock_head(&self) -> Result<Head, RepositoryError> {
        loop {
            if let Some(row) = self.tx.find::<head::Entity>().lock().one().await.map_err(repository)? {
                return Ok(Head { seq: row.seq, hash: hash("audit_heads.hash", row.hash)? });
            }
            let first = head::Model { tenant_id: self.tenant, seq: 0, hash: None };
            self.tx.insert_new::<head::Entity>(first).await.map_err(repository)?;
        }
    }

    /// Moves the head from `from` to `to`; `false` where it is not at `from`. It is locked from here to the end of the unit,
    /// so that the sequence has no gaps and no doubles, and the chain no forks.
    async fn advance(&self, from: Head, to: Head) -> Result<bool, RepositoryError> {
        use head::Column;
        let hash = match bytes(from.hash) {
            Some(hash) => Filter::eq(Column::Hash, hash),
            None => Filter::is_null(Column::Hash),
        };
        let change = self.tx.update::<head::Entity>().filter(Filter::all([Filter::eq(Column::Seq, from.seq), hash]));
        let rows = change.set(Column::Seq, to.seq).set(Column::Hash, bytes(to.hash)).execute().await;
        Ok(rows.map_err(repository)? == 1)
    }
}
