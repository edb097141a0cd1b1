//! The ledger against the database.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::found::{Found, Store};
use crate::ledger::{Act, Fate, Ledger, Write};

/// How many writes there were of each fate.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    /// Of the unknown ones, those that are there.
    pub(crate) took_effect: u64,
}

/// What does not fit together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Acknowledged, and not there.
    pub(crate) lost: Vec<String>,
    /// Refused, and there.
    pub(crate) refused_and_done: Vec<String>,
    /// There more than once, or never asked for.
    pub(crate) too_many: Vec<String>,
    /// A store that is not what the log says was done to it.
    pub(crate) unlike_the_log: Vec<String>,
    /// Places of the log that are missing.
    pub(crate) gaps: Vec<String>,
    /// Answers that nothing in the load explains.
    pub(crate) odd: Vec<String>,
}

/// Compares; everything that does not fit is a failure of the test.
pub(crate) fn judge(ledger: &Ledger, found: &Found) -> Counts {
    let (counts, faults) = compare(ledger, found);
    assert_eq!(faults, Faults::default(), "{counts:?}");
    counts
}

fn compare(ledger: &Ledger, found: &Found) -> (Counts, Faults) {
    let (mut counts, mut faults) = (Counts::default(), Faults { odd: ledger.odd.clone(), ..Faults::default() });
    let mut writes: BTreeMap<Uuid, Vec<&Write>> = BTreeMap::new();
    for write in &ledger.writes {
        writes.entry(write.store).or_default().push(write);
    }
    let nothing = Vec::new();
    for (id, writes) in &writes {
        let told = found.told.get(id).unwrap_or(&nothing);
        one(writes, told, &mut counts, &mut faults);
        let (is, should) = (found.stores.get(id), replay(told));
        if is != should.as_ref() {
            faults.unlike_the_log.push(format!("{id} is {is:?}, and the log says {should:?}"));
        }
    }
    for id in found.told.keys().chain(found.stores.keys()).filter(|id| !writes.contains_key(id)) {
        faults.too_many.push(format!("{id} was never asked for"));
    }
    for (place, should) in found.places.iter().zip(1..) {
        if *place != should {
            faults.gaps.push(format!("{place} stands at {should}"));
            break;
        }
    }
    if found.head != found.places.len() as i64 {
        faults.gaps.push(format!("the head says {} of {}", found.head, found.places.len()));
    }
    (counts, faults)
}

/// One store: its writes in their order, beside what the log tells of it.
fn one(writes: &[&Write], told: &[Act], counts: &mut Counts, faults: &mut Faults) {
    let mut told = told.iter().peekable();
    for write in writes {
        let is_there = told.next_if(|act| **act == write.act).is_some();
        match write.fate {
            Fate::Acknowledged => counts.acknowledged += 1,
            Fate::Refused => counts.refused += 1,
            Fate::Unknown => counts.unknown += 1,
        }
        match (write.fate, is_there) {
            (Fate::Acknowledged, false) => faults.lost.push(format!("{write:?}")),
            (Fate::Refused, true) => faults.refused_and_done.push(format!("{write:?}")),
            (Fate::Unknown, true) => counts.took_effect += 1,
            (Fate::Acknowledged, true) | (Fate::Refused | Fate::Unknown, false) => {}
        }
    }
    faults.too_many.extend(told.map(|act| format!("{act:?} of {}", writes[0].store)));
}

/// The store that the log tells of.
fn replay(told: &[Act]) -> Option<Store> {
    let mut store: Option<Store> = None;
    for act in told {
        match (act, &mut store) {
            (Act::Open { name, code }, store) => {
                *store = Some(Store { name: name.clone(), code: code.clone(), deleted: false, version: 1 });
            }
            (Act::Rename { name }, Some(store)) => {
                store.name.clone_from(name);
                store.version += 1;
            }
            (Act::Delete, Some(store)) => {
                store.deleted = true;
                store.version += 1;
            }
            (Act::Rename { .. } | Act::Delete, None) => {}
        }
    }
    store
}

/// The comparison itself, on ledgers that are wrong.
#[cfg(test)]
mod tests {
    use super::*;

    fn open(name: &str) -> Act {
        Act::Open { name: name.into(), code: name.into() }
    }

    fn rename(name: &str) -> Act {
        Act::Rename { name: name.into() }
    }

    /// A store that was opened and renamed, in the ledger and in the database.
    fn sound() -> (Ledger, Found) {
        let store = Uuid::from_u128(1);
        let write = |act, fate| Write { store, act, fate };
        let writes = vec![
            write(open("A"), Fate::Acknowledged),
            write(rename("B"), Fate::Refused),
            write(rename("C"), Fate::Acknowledged),
            write(Act::Delete, Fate::Unknown),
        ];
        let row = Store { name: "C".into(), code: "A".into(), deleted: false, version: 2 };
        let found = Found {
            stores: [(store, row)].into(),
            told: [(store, vec![open("A"), rename("C")])].into(),
            places: vec![1, 2, 3],
            head: 3,
        };
        (Ledger { writes, odd: Vec::new() }, found)
    }

    fn faults_of(change: impl FnOnce(&mut Ledger, &mut Found)) -> Faults {
        let (mut ledger, mut found) = sound();
        change(&mut ledger, &mut found);
        compare(&ledger, &found).1
    }

    #[test]
    fn every_kind_of_fault_is_seen() {
        let id = Uuid::from_u128(1);
        assert_eq!(faults_of(|_, _| {}), Faults::default());
        assert_eq!(faults_of(|ledger, _| ledger.writes[3].fate = Fate::Acknowledged).lost.len(), 1);
        assert_eq!(faults_of(|ledger, _| ledger.writes[2].fate = Fate::Refused).refused_and_done.len(), 1);
        assert_eq!(faults_of(|_, found| found.told.get_mut(&id).unwrap().push(rename("C"))).too_many.len(), 1);
        assert_eq!(faults_of(|ledger, _| ledger.writes.clear()).too_many.len(), 2);
        assert_eq!(faults_of(|_, found| drop(found.stores.remove(&id))).unlike_the_log.len(), 1);
        assert_eq!(faults_of(|_, found| found.stores.get_mut(&id).unwrap().name = "A".into()).unlike_the_log.len(), 1);
        assert_eq!(faults_of(|_, found| found.places = vec![1, 3, 4]).gaps.len(), 1);
        assert_eq!(faults_of(|_, found| found.head = 4).gaps.len(), 1);
    }
}
