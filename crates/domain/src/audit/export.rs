//! The log as a file.
//!
//! # Why no permission of its own
//!
//! Who may read every page of the log may read all of them. A second permission would keep nothing from anybody; that a copy
//! was made is worth knowing, and is recorded.
//!
//! # Why each page asks anew
//!
//! An export can take long, and what was allowed at its beginning may not be any more. Each page takes an actor who was
//! authenticated for it, so that a right or a session that was taken ends the export at the next page.

use serde_json::{Value, json};
use uuid::Uuid;

use super::chain::Head;
use super::transcript::{Closing, Opening, filters};
use super::{AuditError, AuditEvent, AuditFilter, AuditReader, NewAudit, Object};
use crate::Deps;
use crate::shared::{Direction, Limit, PageRequest, Position, SortValue};
use crate::tenancy::{Actor, AuditRead, Denied, Holder, Write};

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180), for spreadsheets. It cannot be verified.
    Csv,
    /// JSON lines, which `cotenant audit verify` verifies.
    JsonLines,
}

impl ExportFormat {
    /// Its word: `csv`, `jsonl`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// An export to be made.
#[derive(Debug, Clone)]
pub struct ExportAudit {
    /// How it is written.
    pub format: ExportFormat,
    /// Which events.
    pub filter: AuditFilter,
    /// Only events after this place; 0 begins at the beginning.
    pub after_seq: i64,
}

/// An export under way: from its beginning to the place that was the last one then.
#[derive(Debug)]
pub struct Export {
    opening: Opening,
    /// Who began it, and alone goes on.
    by: Holder,
    filter: AuditFilter,
    last: Head,
    position: i64,
    count: u64,
}

fn page(limit: Limit, direction: Direction, after: Option<i64>) -> PageRequest<()> {
    // Of one place there is one event, so that the id decides nothing.
    let after = after.map(|seq| Position { value: SortValue::Int(seq), id: Uuid::max() });
    PageRequest { limit, sort: (), direction, after }
}

async fn one(audit: &dyn AuditReader, direction: Direction, after: Option<i64>) -> Result<Option<Head>, AuditError> {
    let found = audit.list(&AuditFilter::default(), &page(Limit::nearest(1), direction, after)).await?;
    Ok(found.items.first().map(|event| Head { seq: event.seq, hash: event.hash }))
}

/// Begins an export, and records that it was made. Nothing stays open: each page reads for itself.
///
/// # Errors
///
/// See [`AuditError`]; [`AuditError::NotFound`] where there is no event at the place after which it shall begin.
pub async fn begin_export(actor: &Actor, deps: &Deps, cmd: ExportAudit) -> Result<Export, AuditError> {
    let scope = actor.authorize(AuditRead)?;
    let unit = deps.db.read(&scope).await?;
    let to = one(unit.audit(), Direction::Descending, None).await?.unwrap_or_default();
    let after = match cmd.after_seq {
        0 => Head::default(),
        seq => {
            let found = one(unit.audit(), Direction::Ascending, Some(seq.saturating_sub(1))).await?;
            found.filter(|event| event.seq == seq).ok_or(AuditError::NotFound)?
        }
    };
    drop(unit);
    let filter = filters(&cmd.filter);
    record(actor, deps, &cmd, &filter, to.seq).await?;
    let opening = Opening { tenant_id: actor.tenant_id(), after, to_seq: to.seq, filter };
    let (last, position) = (after, after.seq);
    Ok(Export { opening, by: actor.holder(), filter: cmd.filter, last, position, count: 0 })
}

async fn record(actor: &Actor, deps: &Deps, cmd: &ExportAudit, filter: &Value, to_seq: i64) -> Result<(), AuditError> {
    // Reading the log gives no scope to write in; that somebody did is theirs to leave behind.
    let unit = deps.db.write(&actor.bare_scope::<Write>()).await?;
    let event = NewAudit {
        id: deps.ids.next(),
        at: deps.clock.now(),
        action: "audit.exported",
        object: Object { kind: "tenant", id: actor.tenant_id().as_uuid() },
        detail: json!({
            "format": cmd.format.as_str(), "filter": filter, "after_seq": cmd.after_seq, "to_seq": to_seq
        }),
    };
    unit.audit().record(event).await?;
    Ok(unit.commit().await?)
}

impl Export {
    /// What the first line says.
    pub fn opening(&self) -> &Opening {
        &self.opening
    }

    /// What the last line says of the events so far.
    pub fn closing(&self) -> Closing {
        Closing { count: self.count, last: self.last }
    }

    /// The next events, a hundred at most; none when there are no more.
    ///
    /// # Errors
    ///
    /// See [`AuditError`].
    pub async fn next_page(&mut self, actor: &Actor, deps: &Deps) -> Result<Vec<AuditEvent>, AuditError> {
        let scope = actor.authorize(AuditRead)?;
        if (actor.tenant_id(), actor.holder()) != (self.opening.tenant_id, self.by) {
            return Err(Denied::RightsChanged.into());
        }
        if self.position >= self.opening.to_seq {
            return Ok(Vec::new());
        }
        let unit = deps.db.read(&scope).await?;
        let request = page(Limit::nearest(Limit::MAX), Direction::Ascending, Some(self.position));
        let mut events = unit.audit().list(&self.filter, &request).await?.items;
        events.retain(|event| event.seq <= self.opening.to_seq);
        match events.last() {
            Some(last) => (self.last, self.position) = (Head { seq: last.seq, hash: last.hash }, last.seq),
            None => self.position = self.opening.to_seq,
        }
        self.count += events.len() as u64;
        Ok(events)
    }
}
