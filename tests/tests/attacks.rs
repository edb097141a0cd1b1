//! Which attacks there are, what stands against each, and which tests try them: `docs/security.md`.
//!
//! A test says which attacks it tries in a line of its own above it (the word Attacks, a colon, numbers). The page is made of
//! those lines and of the list below, and compared: an attack that no test tries, a number that is no attack, a test of
//! the whole that `tests/prove` leaves out, and a page that is out of step fail. `COTENANT_TEST_BLESS=1` writes the page anew.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// An attack: what is tried, and what stands against it.
type Attack = (&'static str, &'static str);

/// What the product has no part for yet begins with this; there is nothing to attack and nothing to test.
const NOTHING_YET: &str = "Nothing to attack yet: ";

const ATTACKS: [Attack; 40] = [
    ("The id of somebody else's object in any route", "Units of work begin with a scope; ports take no tenant"),
    ("A list or a count without a filter", "The wrapper puts the tenant on every statement, once"),
    ("An OR in a filter that escapes the tenant", "The tenant is the outermost condition, in parentheses"),
    ("No tenant, or a blank one, taken for all", "The nil tenant reaches nothing; a missing claim is no token"),
    ("A tenant chosen by header, query or body", "The tenant is the token's and nothing else's"),
    ("A reference to another tenant's row", "Foreign keys carry the tenant"),
    ("A unique rule that tells what others have", "Unique rules hold inside a tenant"),
    ("Fields set that are not the caller's to set", "Bodies have types of their own; unknown fields are refused"),
    ("Writes past a filter that guards reads only", "Inserts are checked, updates filtered, `WITH CHECK` behind"),
    ("Another store of the own tenant", "The permission check yields the stores that the filter uses"),
    ("An id of another tenant's object in a create", "Keys are led by the tenant; an id there is free here"),
    ("A job without a tenant, or with another's", "The tenant is a column that cannot be null; the scope is the row's"),
    ("A remembered value of another tenant", "Rights are remembered by tenant and person, and checked by version"),
    ("An idempotency key of another tenant", "Nothing to attack yet: there are no idempotency keys"),
    ("A pooled connection inside somebody's transaction", "A connection whose begin or end was not answered is closed"),
    ("A setting that stays on a pooled connection", "Settings and roles end with the transaction"),
    (
        "Row-level security that is off, partial or bypassed",
        "Forced on every table, with `WITH CHECK`, under roles that own nothing",
    ),
    ("A tenant kept in ambient state", "The scope is an argument; there is no ambient tenant"),
    ("A token of a removed, suspended or demoted member", "Rights are read in the transaction of each request"),
    (
        "A lasting credential from a token that was revoked",
        "Acts that issue credentials read the rights anew and end the old",
    ),
    ("Forged tokens", "A key of ours by its name, its one algorithm, and every claim required"),
    (
        "A refresh token used twice",
        "Used once; a second use ends the session, but for a repetition within a short grace",
    ),
    ("Giving more than one holds", "What is given is held by who gives it; the last owner stays"),
    ("A second bootstrap", "One row that can be claimed once"),
    ("An invitation used twice or by somebody else", "A hashed 256-bit secret, bound to an address, consumed once"),
    ("Sign-in times that tell which addresses exist", "An unknown address costs a hash as well"),
    ("A flood of password hashes", "Hashing has its own threads, as many as are permitted"),
    ("A forged address of origin", "The peer's address counts, and no header"),
    ("A webhook into the own network", "Nothing to attack yet: there are no webhooks"),
    ("A forged or repeated payment callback", "Nothing to attack yet: there are no payments"),
    (
        "A cursor that was tampered with or belongs elsewhere",
        "Cursors are typed, checked anew, and bound to route, tenant and filters; they open nothing",
    ),
    ("A version tag that tells what exists", "Preconditions are looked at after the object was found in scope"),
    ("A filter or sort by a hidden field", "Lists name the fields that they take"),
    ("A restore that brings back too much", "One id for each act of deletion"),
    (
        "Secrets in logs and error messages",
        "Secrets have a type that is not printed; statements are logged without values",
    ),
    (
        "A path made of somebody's input",
        "Files that clients name are compiled in, and files that are written are named by the server",
    ),
    ("A formula in an export", "A cell that a spreadsheet would take for a formula has an apostrophe before it"),
    ("Another site's script", "Only listed origins are answered, by their whole name"),
    (
        "A worker that dies, or two that do one job",
        "Leases with numbers that only rise; the end of a job is stored with its effects",
    ),
    ("Bodies and headers that are too large or too slow", "Limits and deadlines on all that is read"),
];

/// What stands behind a test that is no part of the proof: one that a crate has for itself.
const NOT_IN_THE_PROOF: &str = " (`make test`)";

/// The targets of this crate that `make prove` runs, by its own list.
fn checks(root: &Path) -> Vec<String> {
    let prove = fs::read_to_string(root.join("tests/prove")).unwrap();
    let list = prove.split_once("CHECKS=(").unwrap().1.split_once(')').unwrap().0;
    list.split_whitespace().map(str::to_owned).collect()
}

/// The targets that run the tests of a file; none where a crate tests itself.
fn targets(place: &str) -> Vec<String> {
    if place.starts_with("crates/testkit/src/contract/") {
        return vec!["contract_sqlite".to_owned(), "contract_postgres".to_owned()];
    }
    let target = place.strip_prefix("tests/tests/").map(|rest| rest.split(['/', '.']).next().unwrap().to_owned());
    target.into_iter().collect()
}

/// The tests of each attack, by its number.
fn tries() -> BTreeMap<usize, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let checks = checks(&root);
    let mut tries = BTreeMap::<_, Vec<_>>::new();
    for file in sources(&root.join("tests/tests")).into_iter().chain(sources(&root.join("crates"))) {
        let text = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(&root).unwrap().display().to_string();
        let targets = targets(&place);
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(numbers) = line.trim().strip_prefix("// Attacks: ") else { continue };
            let name = lines.clone().find_map(named).unwrap_or_else(|| panic!("{place}: no test follows '{line}'"));
            for target in &targets {
                assert!(checks.contains(target), "{place} tries attacks: '{target}' belongs to CHECKS of tests/prove");
            }
            let mark = if targets.is_empty() { NOT_IN_THE_PROOF } else { "" };
            for number in numbers.trim_end_matches('.').split(", ") {
                let number = number.parse().unwrap_or_else(|_| panic!("{place}: '{line}'"));
                assert!((1..=ATTACKS.len()).contains(&number), "{place}: there is no attack {number}");
                tries.entry(number).or_default().push(format!("`{name}` in `{place}`{mark}"));
            }
        }
    }
    tries
}

/// The function that a line begins.
fn named(line: &str) -> Option<&str> {
    line.split_once("fn ")?.1.split_once('(').map(|(name, _)| name)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let of = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false if path.extension().is_some_and(|extension| extension == "rs") => vec![path],
        false => Vec::new(),
    };
    entries.into_iter().flat_map(of).collect()
}

fn page(tries: &BTreeMap<usize, Vec<String>>) -> String {
    let mut page = "\
# Attacks and their tests

What has been tried against software of this kind, what stands against it here, and the tests that try it. The tests carry the numbers; this page is made of them and checked by a test.

`make prove` runs them with the numbers of a proof and prints what was tried; `make test` runs them all in short; what is marked (`make test`) is run by it alone. [The walls](walls.md) says what each wall is and what it cannot do; [who may do what](authorisation.md) is the table of
permissions.

| # | attack | against it | tried by |
|---|---|---|---|
"
    .to_owned();
    for (number, (attack, against)) in (1..).zip(ATTACKS) {
        let tests = tries.get(&number).map(|tests| tests.join("<br>")).unwrap_or_default();
        page.push_str(&format!("| {number} | {attack} | {against} | {tests} |\n"));
    }
    page
}

#[test]
fn every_attack_is_tried_and_the_page_says_where() {
    let tries = tries();
    for (number, (attack, against)) in (1..).zip(ATTACKS) {
        let open = against.starts_with(NOTHING_YET);
        assert_eq!(tries.contains_key(&number), !open, "{number}, {attack}: a test for each, and none for nothing");
    }
    let (file, now) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/security.md"), page(&tries));
    if std::env::var_os("COTENANT_TEST_BLESS").is_some() {
        fs::write(&file, &now).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == now, "docs/security.md is out of step: run this with COTENANT_TEST_BLESS=1");
}
