//! The lines of an export: an opening, the events in their order, and a closing, each one JSON object in its canonical
//! text.
//!
//! The opening says what was asked for, the closing what was written. An export without its closing was interrupted. Both
//! are there for whoever reads the file; what proves something is the chain of the events' hashes and a hash that was kept
//! elsewhere.

use serde_json::{Value, json};

use super::canonical::canonical;
use super::chain::{ChainHash, Head, document};
use super::model::{AuditEvent, AuditFilter};
use crate::shared::rfc3339;
use crate::tenants::TenantId;

/// The name of these lines; another version of them gets another.
pub const FORMAT: &str = "cotenant-audit/1";

/// The first line.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// Whose log.
    pub tenant_id: TenantId,
    /// The event after which the export begins.
    pub after: Head,
    /// The last place of the log when the export began: it goes no further.
    pub to_seq: i64,
    /// The filters that leave out events; `null` where none does.
    pub filter: Value,
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closing {
    /// How many events there are.
    pub count: u64,
    /// The last of them; where there is none, the one after which the export began.
    pub last: Head,
}

/// A line that was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    Opening(Opening),
    Event { seq: i64, at: String, hash: Option<ChainHash>, document: Value },
    Closing(Closing),
}

/// An object's text. What has none in canonical form was put into the database by somebody else; it is shown as it is, and
/// whoever verifies the export is told.
fn text(value: &Value) -> String {
    canonical(value).unwrap_or_else(|_| value.to_string())
}

fn optional(hash: Option<ChainHash>) -> Value {
    hash.map_or(Value::Null, |hash| hash.to_string().into())
}

/// The filters that leave out events, as an object; `null` where none does.
pub(super) fn filters(filter: &AuditFilter) -> Value {
    let parts = [
        ("action", filter.action.clone().map(Value::from)),
        ("actor_id", filter.actor_id.map(|id| id.to_string().into())),
        ("object_kind", filter.object_kind.clone().map(Value::from)),
        ("object_id", filter.object_id.map(|id| id.to_string().into())),
        ("from", filter.from.map(|at| rfc3339(at).into())),
        ("until", filter.until.map(|at| rfc3339(at).into())),
    ];
    let given = parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let given: serde_json::Map<_, _> = given.collect();
    if given.is_empty() { Value::Null } else { Value::Object(given) }
}

impl Opening {
    /// Its line, without the end of line.
    pub fn line(&self) -> String {
        text(&json!({ "export": {
            "format": FORMAT,
            "tenant_id": self.tenant_id,
            "after_seq": self.after.seq,
            "after_hash": optional(self.after.hash),
            "to_seq": self.to_seq,
            "filter": self.filter,
        } }))
    }

    fn read(members: &Value) -> Option<Self> {
        let after = Head { seq: members["after_seq"].as_i64()?, hash: hash(&members["after_hash"])? };
        let sound = members["format"] == FORMAT && has(members, 6);
        sound.then_some(Self {
            tenant_id: members["tenant_id"].as_str()?.parse().ok()?,
            after,
            to_seq: members["to_seq"].as_i64()?,
            filter: members["filter"].clone(),
        })
    }
}

impl Closing {
    /// Its line, without the end of line.
    pub fn line(&self) -> String {
        let (seq, hash) = (self.last.seq, optional(self.last.hash));
        text(&json!({ "end": { "count": self.count, "last_seq": seq, "last_hash": hash } }))
    }

    fn read(members: &Value) -> Option<Self> {
        let last = Head { seq: members["last_seq"].as_i64()?, hash: hash(&members["last_hash"])? };
        has(members, 3).then_some(Self { count: members["count"].as_u64()?, last })
    }
}

/// An event's line, without the end of line: its [document](super::document) and its hash.
pub fn event_line(event: &AuditEvent) -> String {
    let mut value = document(event);
    if let Value::Object(members) = &mut value {
        members.insert("hash".into(), optional(event.hash));
    }
    text(&value)
}

impl Line {
    /// Reads a line; `None` for one that no export writes. It has to be the very text of its value: otherwise a name given
    /// twice would show one thing to a reader and another to who verifies.
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut value: Value = serde_json::from_str(line).ok()?;
        if canonical(&value).ok()? != line {
            return None;
        }
        if let Some(opening) = value.get("export").filter(|_| has(&value, 1)) {
            return Opening::read(opening).map(Self::Opening);
        }
        if let Some(closing) = value.get("end").filter(|_| has(&value, 1)) {
            return Closing::read(closing).map(Self::Closing);
        }
        let hash = hash(&value.as_object_mut()?.remove("hash")?)?;
        Some(Self::Event { seq: value["seq"].as_i64()?, at: value["at"].as_str()?.to_owned(), hash, document: value })
    }
}

fn has(value: &Value, members: usize) -> bool {
    value.as_object().is_some_and(|object| object.len() == members)
}

/// A hash or `null`; `None` for anything else.
fn hash(value: &Value) -> Option<Option<ChainHash>> {
    match value {
        Value::Null => Some(None),
        value => value.as_str()?.parse().ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::chain::tests::{event, tenant};
    use time::macros::datetime;

    #[test]
    fn every_line_is_read_as_it_was_written() {
        let opening = Opening {
            tenant_id: tenant(),
            after: Head { seq: 3, hash: Some(ChainHash::genesis(tenant())) },
            to_seq: 9,
            filter: Value::Null,
        };
        assert_eq!(Line::read(&opening.line()), Some(Line::Opening(opening)));
        let closing = Closing { count: 6, last: Head { seq: 9, hash: None } };
        assert_eq!(Line::read(&closing.line()), Some(Line::Closing(closing)));
        let event = AuditEvent { hash: Some(ChainHash::genesis(tenant())), ..event(4) };
        let Some(Line::Event { seq, at, hash, document }) = Line::read(&event_line(&event)) else { panic!("no event") };
        assert_eq!((seq, at.as_str(), hash), (4, "2026-11-23T03:20:04.500000Z", event.hash));
        assert_eq!(document, super::document(&event));
    }

    #[test]
    fn another_text_of_the_same_value_is_no_line() {
        let line = event_line(&event(4));
        let spaced = line.replacen(':', ": ", 1);
        let twice = line.replacen('{', "{\"action\":\"store.closed\",", 1);
        let escaped = line.replacen('É', "\\u00c9", 1);
        for wrong in [spaced, twice, escaped, format!("{line} "), "{}".into(), "7".into(), String::new()] {
            assert_eq!(Line::read(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_given_filters_are_named() {
        assert_eq!(filters(&AuditFilter::default()), Value::Null);
        let from = Some(datetime!(2026-11-23 03:20:04 UTC));
        let given = filters(&AuditFilter { action: Some("a.b".into()), from, ..AuditFilter::default() });
        assert_eq!(given, json!({ "action": "a.b", "from": "2026-11-23T03:20:04.000000Z" }));
    }
}
