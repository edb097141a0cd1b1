use super::canonical::canonical;
use super::chain::{ChainHash, Head};
use super::transcript::{Line, Opening};
use crate::tenants::TenantId;

/// Hashes that were kept elsewhere. Only they show that a log was not written anew as a whole, or cut at its end.
#[derive(Debug, Clone, Default)]
pub struct Anchors {
    /// The hash of the event after which the export begins.
    pub after: Option<ChainHash>,
    /// Hashes that the log has to pass through.
    pub through: Vec<ChainHash>,
    /// The hash of the last event.
    pub head: Option<ChainHash>,
}

/// What is wrong with an export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The first line is none of ours.
    #[error("this is no export of an audit log as JSON lines (format cotenant-audit/1)")]
    NotAnExport,
    /// Filters left events out.
    #[error("a filtered export is no chain: export without filters (after_seq may stay)")]
    Filtered,
    /// A line that no export writes.
    #[error("the line is not as an export writes it")]
    Unreadable,
    /// A place is missing, doubled or out of order.
    #[error("event {expected} should stand here, and {found} does")]
    OutOfOrder {
        /// The place that comes next.
        expected: i64,
        /// The place found.
        found: i64,
    },
    /// The content, or something before it, was changed.
    #[error("the hash of event {seq} does not follow from its content and the hash before it")]
    WrongHash {
        /// The event.
        seq: i64,
    },
    /// An event without a hash after one that has one.
    #[error("event {seq} has no hash, and those before it have")]
    Unchained {
        /// The event.
        seq: i64,
    },
    /// The closing says something else than stands before it.
    #[error("the closing line tells of other events than those that stand before it")]
    WrongClosing,
    /// Something stands after the closing.
    #[error("something stands after the closing line")]
    AfterTheEnd,
    /// There is no closing.
    #[error("the export ends without its closing line: it was interrupted or cut")]
    Interrupted,
    /// Not one event of the export has a hash.
    #[error("no event of this export has a hash: nothing can be verified")]
    NoChain,
    /// It begins elsewhere than at the anchor.
    #[error("the export does not begin after the hash given with --after")]
    OtherStart,
    /// It does not hold an anchor.
    #[error("the log does not pass through {0}: it was written anew, or the export does not reach so far")]
    NotThrough(ChainHash),
    /// It ends elsewhere than at the anchor.
    #[error("the last event's hash is not the one given with --head: the log was cut or written anew, or has grown")]
    OtherHead,
}

/// What an export that holds together comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Whose log.
    pub tenant_id: TenantId,
    /// How many events.
    pub count: u64,
    /// How many of them are older than the chain and were not verified.
    pub unchained: u64,
    /// The first event's place and instant.
    pub first: Option<(i64, String)>,
    /// The last event's place and instant.
    pub last: Option<(i64, String)>,
    /// The event after which the export begins; what it says of it is the export's own word.
    pub after: Head,
    /// The last place and its hash.
    pub head: Head,
}

/// Verifies an export line by line, in memory for one line.
#[derive(Debug)]
pub struct Verifier {
    anchors: Anchors,
    opening: Option<Opening>,
    seen: Option<Verified>,
    closed: bool,
}

impl Verifier {
    /// A verifier that has seen nothing.
    pub fn new(anchors: Anchors) -> Self {
        Self { anchors, opening: None, seen: None, closed: false }
    }

    /// Takes the next line, without its end of line.
    ///
    /// # Errors
    ///
    /// See [`Broken`]; nothing after a broken line is worth looking at.
    pub fn line(&mut self, line: &str) -> Result<(), Broken> {
        let read = Line::read(line);
        match (&self.opening, read) {
            (None, Some(Line::Opening(opening))) => self.open(opening),
            (None, _) => Err(Broken::NotAnExport),
            (Some(_), _) if self.closed => Err(Broken::AfterTheEnd),
            (Some(_), Some(Line::Event { seq, at, hash, document })) => {
                let document = canonical(&document).map_err(|_| Broken::Unreadable)?;
                self.event(seq, at, hash, &document)
            }
            (Some(opening), Some(Line::Closing(closing))) => {
                let told = self.seen.as_ref().map(|seen| (seen.count, seen.head));
                let whole = told == Some((closing.count, closing.last)) && closing.last.seq == opening.to_seq;
                self.closed = true;
                if whole { Ok(()) } else { Err(Broken::WrongClosing) }
            }
            (Some(_), Some(Line::Opening(_)) | None) => Err(Broken::Unreadable),
        }
    }

    fn open(&mut self, opening: Opening) -> Result<(), Broken> {
        if !opening.filter.is_null() {
            return Err(Broken::Filtered);
        }
        let after = opening.after;
        if after.seq < 0 || (after.seq == 0 && after.hash.is_some()) {
            return Err(Broken::NotAnExport);
        }
        if self.anchors.after.is_some_and(|anchor| after.hash != Some(anchor)) {
            return Err(Broken::OtherStart);
        }
        self.pass(after.hash);
        let tenant_id = opening.tenant_id;
        self.seen = Some(Verified { tenant_id, count: 0, unchained: 0, first: None, last: None, after, head: after });
        self.opening = Some(opening);
        Ok(())
    }

    fn event(&mut self, seq: i64, at: String, hash: Option<ChainHash>, document: &str) -> Result<(), Broken> {
        let Some(seen) = &mut self.seen else { return Err(Broken::NotAnExport) };
        let expected = seen.head.seq.saturating_add(1);
        if seq != expected {
            return Err(Broken::OutOfOrder { expected, found: seq });
        }
        match (seen.head.hash, hash) {
            (Some(_), None) => return Err(Broken::Unchained { seq }),
            (None, None) => seen.unchained += 1,
            (before, Some(hash)) => {
                let before = before.unwrap_or_else(|| ChainHash::genesis(seen.tenant_id));
                if before.next(document) != hash {
                    return Err(Broken::WrongHash { seq });
                }
            }
        }
        seen.count += 1;
        seen.first.get_or_insert_with(|| (seq, at.clone()));
        seen.last = Some((seq, at));
        seen.head = Head { seq, hash };
        self.pass(hash);
        Ok(())
    }

    fn pass(&mut self, hash: Option<ChainHash>) {
        self.anchors.through.retain(|anchor| Some(*anchor) != hash);
    }

    /// Says what the export comes to, when there is no further line.
    ///
    /// # Errors
    ///
    /// See [`Broken`].
    pub fn finish(self) -> Result<Verified, Broken> {
        let seen = self.seen.ok_or(Broken::NotAnExport)?;
        if !self.closed {
            return Err(Broken::Interrupted);
        }
        if seen.count > 0 && seen.head.hash.is_none() {
            return Err(Broken::NoChain);
        }
        if self.anchors.head.is_some_and(|anchor| seen.head.hash != Some(anchor)) {
            return Err(Broken::OtherHead);
        }
        self.anchors.through.first().map_or(Ok(seen), |missed| Err(Broken::NotThrough(*missed)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::audit::chain::tests::{event, tenant};
    use crate::audit::transcript::{Closing, event_line};
    use crate::audit::{AuditEvent, document};

    /// A log of five events, of which the first are older than the chain.
    fn log(old: i64) -> Vec<AuditEvent> {
        let mut head = None;
        let chained = |seq| {
            let mut event = event(seq);
            if seq > old {
                head = Some(ChainHash::link(tenant(), head, &event).unwrap());
                event.hash = head;
            }
            event
        };
        (1..=5).map(chained).collect()
    }

    fn export(events: &[AuditEvent], after: Head) -> Vec<String> {
        let last = events.last().map_or(after, |event| Head { seq: event.seq, hash: event.hash });
        let opening = Opening { tenant_id: tenant(), after, to_seq: last.seq, filter: Value::Null };
        let closing = Closing { count: events.len() as u64, last };
        let lines = events.iter().map(event_line);
        [opening.line()].into_iter().chain(lines).chain([closing.line()]).collect()
    }

    fn verify_with(anchors: Anchors, lines: &[String]) -> Result<Verified, (usize, Broken)> {
        let mut verifier = Verifier::new(anchors);
        for (n, line) in lines.iter().enumerate() {
            verifier.line(line).map_err(|broken| (n + 1, broken))?;
        }
        verifier.finish().map_err(|broken| (lines.len() + 1, broken))
    }

    fn verify(lines: &[String]) -> Result<Verified, (usize, Broken)> {
        verify_with(Anchors::default(), lines)
    }

    #[test]
    fn a_whole_export_holds_and_says_what_it_is() {
        let events = log(0);
        let verified = verify(&export(&events, Head::default())).unwrap();
        let at = "2026-11-23T03:20:04.500000Z".to_owned();
        assert_eq!((verified.tenant_id, verified.count, verified.unchained), (tenant(), 5, 0));
        assert_eq!((verified.first, verified.last), (Some((1, at.clone())), Some((5, at))));
        assert_eq!(verified.head, Head { seq: 5, hash: events[4].hash });
    }

    #[test]
    fn every_way_to_tamper_is_told_with_its_line() {
        let whole = export(&log(0), Head::default());
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = whole.clone();
            change(&mut lines);
            verify(&lines).unwrap_err()
        };
        let other = whole[2].replace("store.opened", "store.closed");
        assert_eq!(with(&|lines| lines[2].clone_from(&other)), (3, Broken::WrongHash { seq: 2 }));
        assert_eq!(with(&|lines| drop(lines.remove(2))), (3, Broken::OutOfOrder { expected: 2, found: 3 }));
        assert_eq!(with(&|lines| lines.swap(2, 3)), (3, Broken::OutOfOrder { expected: 2, found: 3 }));
        assert_eq!(with(&|lines| lines.truncate(4)), (5, Broken::Interrupted));
        assert_eq!(with(&|lines| drop(lines.remove(5))), (6, Broken::WrongClosing));
        let forged = event_line(&AuditEvent { hash: Some(ChainHash::genesis(tenant())), ..event(6) });
        assert_eq!(with(&|lines| lines.insert(6, forged.clone())), (7, Broken::WrongHash { seq: 6 }));
        assert_eq!(with(&|lines| lines.push(forged.clone())), (8, Broken::AfterTheEnd));
        let bare = event_line(&event(6));
        assert_eq!(with(&|lines| lines.insert(6, bare.clone())), (7, Broken::Unchained { seq: 6 }));
        assert_eq!(with(&|lines| lines[2].push(' ')), (3, Broken::Unreadable));
        assert_eq!(with(&|lines| drop(lines.remove(0))), (1, Broken::NotAnExport));
        let repeated = whole[0].clone();
        assert_eq!(with(&|lines| lines.insert(1, repeated.clone())), (2, Broken::Unreadable));
        assert_eq!(verify(&[]).unwrap_err(), (1, Broken::NotAnExport));
    }

    #[test]
    fn an_added_field_is_content_too() {
        let mut lines = export(&log(0), Head::default());
        let mut value = document(&event(2));
        value["hash"] = json!(log(0)[1].hash.unwrap().to_string());
        value["note"] = json!("approved");
        lines[2] = canonical(&value).unwrap();
        assert_eq!(verify(&lines).unwrap_err(), (3, Broken::WrongHash { seq: 2 }));
    }

    #[test]
    fn the_log_of_another_tenant_is_not_this_ones() {
        let mut lines = export(&log(0), Head::default());
        lines[0] = lines[0].replace(&tenant().to_string(), "00000000-0000-0000-0000-000000000001");
        assert_eq!(verify(&lines).unwrap_err(), (2, Broken::WrongHash { seq: 1 }));
    }

    #[test]
    fn events_older_than_the_chain_are_counted_and_cannot_be_made_of_chained_ones() {
        let verified = verify(&export(&log(2), Head::default())).unwrap();
        assert_eq!((verified.count, verified.unchained), (5, 2));
        let mut bared = log(0);
        bared[0].hash = None;
        assert_eq!(verify(&export(&bared, Head::default())).unwrap_err(), (3, Broken::WrongHash { seq: 2 }));
        for event in &mut bared {
            event.hash = None;
        }
        assert_eq!(verify(&export(&bared, Head::default())).unwrap_err(), (8, Broken::NoChain));
    }

    #[test]
    fn a_part_follows_from_the_hash_before_it() {
        let events = log(0);
        let after = Head { seq: 2, hash: events[1].hash };
        let part = export(&events[2..], after);
        assert_eq!(verify(&part).unwrap().after, after);
        let anchored = |hash| verify_with(Anchors { after: Some(hash), ..Anchors::default() }, &part);
        assert!(anchored(after.hash.unwrap()).is_ok());
        assert_eq!(anchored(events[0].hash.unwrap()).unwrap_err(), (1, Broken::OtherStart));
        assert!(verify(&export(&[], after)).is_ok(), "nothing was recorded since");
    }

    #[test]
    fn a_log_that_was_written_anew_is_found_by_an_anchor_alone() {
        let kept = log(0)[4].hash.unwrap();
        let mut anew = log(0);
        let mut head = None;
        for event in &mut anew {
            event.action = "store.closed".into();
            head = Some(ChainHash::link(tenant(), head, event).unwrap());
            event.hash = head;
        }
        let lines = export(&anew, Head::default());
        assert!(verify(&lines).is_ok());
        let head = Anchors { head: Some(kept), ..Anchors::default() };
        assert_eq!(verify_with(head.clone(), &lines).unwrap_err(), (8, Broken::OtherHead));
        let through = Anchors { through: vec![kept], ..Anchors::default() };
        assert_eq!(verify_with(through.clone(), &lines).unwrap_err(), (8, Broken::NotThrough(kept)));
        let cut = export(&log(0)[..4], Head::default());
        assert!(verify(&cut).is_ok());
        assert_eq!(verify_with(head, &cut).unwrap_err(), (7, Broken::OtherHead));
        assert!(verify_with(through, &export(&log(0), Head::default())).is_ok());
    }

    #[test]
    fn a_filtered_export_is_refused() {
        let mut lines = export(&log(0), Head::default());
        lines[0] = lines[0].replace("\"filter\":null", "\"filter\":{\"action\":\"store.opened\"}");
        assert_eq!(verify(&lines).unwrap_err(), (1, Broken::Filtered));
    }
}
