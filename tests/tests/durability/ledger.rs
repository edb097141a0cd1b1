//! What a client knows of its writes.

use uuid::Uuid;

/// One write, however often it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    /// The store, by the id that the client chose.
    pub(crate) store: Uuid,
    pub(crate) act: Act,
    pub(crate) fate: Fate,
}

/// What was to be done. Names and codes are of one write only, so that a trace of it is known as its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Open { name: String, code: String },
    Rename { name: String },
    Delete,
}

/// What the client was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was done: told so, or told on asking again that it had been done before.
    Acknowledged,
    /// It cannot be done: the id is taken, the version is another, or a field is wrong.
    Refused,
    /// No answer, or that the service is unavailable: it may have been done.
    Unknown,
}

/// All writes, those of one store in their order.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) writes: Vec<Write>,
    /// Answers that nothing in the load explains.
    pub(crate) odd: Vec<String>,
}

impl Ledger {
    pub(crate) fn add(&mut self, part: Self) {
        self.writes.extend(part.writes);
        self.odd.extend(part.odd);
    }
}
