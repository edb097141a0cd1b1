//! Events as comma-separated values (RFC 4180).
//!
//! # Why cells are changed
//!
//! Spreadsheets take a cell that begins with certain characters for a formula, and the name that a client gives itself stands
//! in the log: whoever opens the file would run what a stranger wrote. Such a cell gets an apostrophe before it (OWASP, CSV
//! injection). That changes what was recorded, so that this form is for reading; what can be verified is the other one.

use cotenant_domain::audit::{AuditEvent, canonical};
use cotenant_domain::shared::rfc3339;

/// The first record: the names of the columns.
pub(super) const HEADER: &str =
    "seq,at,actor_kind,actor_id,action,object_kind,object_id,detail,request_id,address,agent,hash\r\n";

/// What a formula begins with, also in the full-width forms that some spreadsheets take for the same.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// An event as a record.
pub(super) fn record(event: &AuditEvent) -> String {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let cells = [
        event.seq.to_string(),
        rfc3339(event.at),
        event.actor_kind.as_str().to_owned(),
        event.actor_id.map(|id| id.to_string()).unwrap_or_default(),
        event.action.clone(),
        event.object_kind.clone(),
        event.object_id.to_string(),
        canonical(&event.detail).unwrap_or_else(|_| event.detail.to_string()),
        text(event.origin.request_id.as_deref()),
        text(event.origin.address.as_deref()),
        text(event.origin.agent.as_deref()),
        event.hash.map(|hash| hash.to_string()).unwrap_or_default(),
    ];
    cells.map(|text| cell(&text)).join(",") + "\r\n"
}

/// A cell: harmless, and quoted where it has to be.
fn cell(text: &str) -> String {
    let harmless = if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_owned() };
    if harmless.contains([',', '"', '\r', '\n']) { format!("\"{}\"", harmless.replace('"', "\"\"")) } else { harmless }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Attacks: 37.
    #[test]
    fn a_cell_that_would_be_a_formula_is_none() {
        for formula in
            ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\u{ff1d}1", "\u{ff0b}1", "\u{ff0d}1", "\u{ff20}1"]
        {
            let cell = cell(formula);
            assert!(cell.trim_start_matches('"').starts_with('\''), "{formula:?} became {cell:?}");
        }
        assert_eq!(cell("=HYPERLINK(\"http://x\",\"y\")"), "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
        assert_eq!(cell("a=1"), "a=1");
    }

    #[test]
    fn a_cell_is_quoted_where_it_would_end_early() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("a\r\nb"), "\"a\r\nb\"");
        assert_eq!(cell(""), "");
    }
}
