//! Who was tried at which route, and the list of those who were not: `exempt.txt`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use cotenant_api::routes;

use crate::{keys, support};

/// Everybody who has to come to every route.
const ACTORS: [&str; 26] = [
    "nobody",
    "garbage",
    "a forger",
    "an owner, too late",
    "an operator, too late",
    "an owner, for another audience",
    "an operator, for another audience",
    "an owner who signed out",
    "an operator",
    "a removed member",
    "a suspended member",
    "a revoked key",
    "a key that ran out",
    "a key of a disabled account",
    "a key of a deleted account",
    "a key with another secret",
    keys::FOREIGN,
    keys::WITHOUT,
    support::FOREIGN,
    support::READING,
    "the other tenant's owner",
    "a member without the permission",
    "a member whose role was taken",
    "a member of another store",
    MEMBER_OF_A_SUSPENDED_TENANT,
    WHOEVER_MAY,
];

/// Anybody, once they were let in.
pub(crate) const WHOEVER_MAY: &str = "whoever may";
/// Any member, while the first tenant is suspended.
pub(crate) const MEMBER_OF_A_SUSPENDED_TENANT: &str = "a member of a suspended tenant";

const EXEMPT: &str = include_str!("exempt.txt");
/// How many lines the list has. It may only go down.
const CEILING: usize = 1;

/// Who was tried at which route.
#[derive(Default)]
pub(crate) struct Ledger(RefCell<BTreeSet<(String, String)>>);

impl Ledger {
    /// Somebody was tried at a route.
    pub(crate) fn note(&self, route: &str, who: &str) {
        self.0.borrow_mut().insert((route.to_owned(), who.to_owned()));
    }

    /// Requires that everybody was tried at every route, but for the list; how many cells that are.
    pub(crate) fn close(&self) -> usize {
        let tried = self.0.borrow();
        let cells: BTreeSet<_> =
            routes().iter().flat_map(|route| ACTORS.map(|who| (route.name().to_owned(), who.to_owned()))).collect();
        let left_out: BTreeSet<_> = cells.difference(&tried).cloned().collect();
        let exempt = exempt();
        let unlisted: Vec<_> = left_out.difference(&exempt).collect();
        let idle: Vec<_> = exempt.difference(&left_out).collect();
        assert!(unlisted.is_empty(), "not tried, and not in exempt.txt: {unlisted:#?}");
        assert!(idle.is_empty(), "in exempt.txt, and tried or unknown: {idle:#?}");
        assert_eq!(exempt.len(), CEILING, "exempt.txt may only shrink, and its ceiling with it");
        cells.len() - left_out.len()
    }
}

fn exempt() -> BTreeSet<(String, String)> {
    let lines: Vec<_> = EXEMPT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let cells = lines.iter().map(|line| match line.split(" | ").collect::<Vec<_>>()[..] {
        [route, who, reason] if !reason.is_empty() => (route.to_owned(), who.to_owned()),
        _ => panic!("exempt.txt: {line:?} is not: route | actor | reason"),
    });
    let cells: BTreeSet<_> = cells.collect();
    assert_eq!(cells.len(), lines.len(), "exempt.txt says something twice");
    cells
}
