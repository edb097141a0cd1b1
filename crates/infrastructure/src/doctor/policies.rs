//! Row-level security: that it is on, and that each policy is one that the golden list asks for.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::{Catalogue, MIGRATIONS, bare};
use super::{Check, Finding, Golden, Rule, rows};

const ROW_SECURITY: Rule = Rule {
    name: "row_security",
    about: "row-level security is on for every table and binds its owner too",
    mend: "ALTER TABLE ... ENABLE ROW LEVEL SECURITY; ALTER TABLE ... FORCE ROW LEVEL SECURITY",
};
const VIEWS: Rule = Rule {
    name: "views",
    about: "every view looks with the rights of who asks",
    mend: "ALTER VIEW ... SET (security_invoker = true)",
};
const CHECKED_WRITES: Rule = Rule {
    name: "policies_check_writes",
    about: "every policy for writing says what may be written",
    mend: "give it a WITH CHECK like its USING, or make it FOR SELECT",
};
const CLOSED: Rule = Rule {
    name: "policies_closed",
    about: "no policy lets every row through to a tenant or to everybody",
    mend: "drop it: policies add up, so this one takes the wall down",
};
const DECLARED: Rule = Rule {
    name: "policies_declared",
    about: "each table has the policies of its kind, as the migrations write them, and no other",
    mend: "make it as Dialect::tenant_wall does; a door of another sort is entered in \
           crates/infrastructure/src/doctor/policies.rs",
};

/// What doors reach of tables that are not theirs: table, door, command, which rows, and which rows may come of writing.
const GLIMPSES: &[(&str, &str, &str, &str, &str)] = &[
    (
        "sessions",
        "person",
        "ALL",
        OWN,
        "user_id = NULLIF(current_setting('app.person_id', true), '')::uuid AND ended_at IS NOT NULL",
    ),
    ("tenant_users", "person", "SELECT", OWN, ""),
    ("tenants", "person", "SELECT", "EXISTS (SELECT FROM tenant_users m WHERE m.tenant_id = tenants.id)", ""),
    ("users", "platform", "SELECT", "EXISTS (SELECT FROM operators o WHERE o.user_id = users.id)", ""),
    ("users", "tenant", "SELECT", "EXISTS (SELECT FROM tenant_users m WHERE m.user_id = users.id)", ""),
];

/// What a door may do with some rows only of those that it reaches: table, door, command, which rows. Nothing opens by
/// these; they narrow what is open.
const NARROWED: &[(&str, &str, &str, &str)] = &[
    ("jobs", "dispatcher", "DELETE", "status <> 'queued'::text"),
    ("platform_jobs", "dispatcher", "DELETE", "status <> 'queued'::text"),
];

/// Rows of the verified person.
const OWN: &str = "user_id = NULLIF(current_setting('app.person_id', true), '')::uuid";

const POLICIES: &str = "SELECT tablename::text, policyname::text, array_to_string(roles, ','), cmd::text, \
    permissive::text, qual, with_check FROM pg_policies WHERE schemaname = 'public' ORDER BY 1, 2";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Policy {
    table: String,
    name: String,
    roles: String,
    command: String,
    permissive: bool,
    /// Which rows it is about, bare.
    using: String,
    /// What may be written, bare.
    check: String,
}

impl Policy {
    fn new(table: &str, door: &str, command: &str, rows: &str) -> Self {
        let check = if command == "SELECT" { String::new() } else { bare(rows) };
        Self {
            table: table.to_owned(),
            name: format!("{door}_wall"),
            roles: format!("cotenant_{door}"),
            command: command.to_owned(),
            permissive: true,
            using: bare(rows),
            check,
        }
    }

    fn place(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    fn is_unchecked(&self) -> bool {
        ["ALL", "INSERT", "UPDATE"].contains(&self.command.as_str()) && self.check.is_empty()
    }

    fn is_open(&self) -> bool {
        let mut roles = self.roles.split(',');
        let everything = self.using == "true" || self.check == "true";
        self.permissive && everything && roles.any(|role| role == "cotenant_tenant" || role == "public")
    }
}

pub(super) async fn check(
    connection: &impl ConnectionTrait,
    catalogue: &Catalogue,
    golden: &Golden,
) -> Result<Vec<Check>, DbErr> {
    let mut there = Vec::new();
    for [table, name, roles, command, permissive, using, check] in rows(connection, POLICIES).await? {
        let (permissive, using, check) = (permissive == "PERMISSIVE", bare(&using), bare(&check));
        there.push(Policy { table, name, roles, command, permissive, using, check });
    }
    let unchecked = there.iter().filter(|policy| policy.is_unchecked());
    let unchecked = unchecked.map(|policy| Finding::new(policy.place(), "has no WITH CHECK"));
    let open = there.iter().filter(|policy| policy.is_open());
    let open = open.map(|policy| Finding::new(policy.place(), format!("is true for {}", policy.roles)));
    Ok(vec![
        ROW_SECURITY.found(row_security(catalogue)),
        VIEWS.found(views(catalogue)),
        CHECKED_WRITES.found(unchecked.collect()),
        CLOSED.found(open.collect()),
        DECLARED.found(undeclared(&there, &expected(catalogue, golden))),
    ])
}

fn row_security(catalogue: &Catalogue) -> Vec<Finding> {
    let tables = catalogue.tables().filter(|(name, _)| *name != MIGRATIONS);
    tables
        .filter_map(|(name, table)| match (table.secured, table.forced) {
            (true, true) => None,
            (true, false) => Some(Finding::new(name, "does not bind its owner")),
            (false, _) => Some(Finding::new(name, "is not enabled")),
        })
        .collect()
}

fn views(catalogue: &Catalogue) -> Vec<Finding> {
    let views = catalogue.relations.iter().filter(|(_, relation)| relation.view && !relation.secured);
    views.map(|(name, _)| Finding::new(name, "looks with its owner's rights")).collect()
}

/// The policies of every table that is there and declared.
fn expected(catalogue: &Catalogue, golden: &Golden) -> Vec<Policy> {
    let own = |column: &str| format!("{column} = NULLIF(current_setting('app.tenant_id', true), '')::uuid");
    let mut policies = Vec::new();
    for (name, _) in catalogue.tables() {
        if let Some(column) = golden.owned(name).or(golden.root(name)) {
            policies.push(Policy::new(name, "tenant", "ALL", &own(&column)));
        }
        for (kind, door) in [("PlatformTable", "platform"), ("PersonTable", "person"), ("DispatchTable", "dispatcher")]
        {
            if golden.is(name, kind) {
                policies.push(Policy::new(name, door, "ALL", "true"));
            }
        }
        let glimpses = GLIMPSES.iter().filter(|(table, ..)| *table == name);
        policies.extend(glimpses.map(|(table, door, command, rows, check)| Policy {
            check: bare(check),
            ..Policy::new(table, door, command, rows)
        }));
        let narrowed = NARROWED.iter().filter(|(table, ..)| *table == name);
        policies.extend(narrowed.map(|(table, door, command, rows)| Policy {
            name: format!("{door}_purge"),
            permissive: false,
            check: String::new(),
            ..Policy::new(table, door, command, rows)
        }));
    }
    policies
}

fn undeclared(there: &[Policy], expected: &[Policy]) -> Vec<Finding> {
    // These the other rules have found.
    let found: BTreeSet<String> =
        there.iter().filter(|policy| policy.is_unchecked() || policy.is_open()).map(Policy::place).collect();
    let mut findings = Vec::new();
    for policy in there.iter().filter(|policy| !found.contains(&policy.place())) {
        match expected.iter().find(|other| other.place() == policy.place()) {
            None => {
                findings.push(Finding::new(policy.place(), format!("is not meant to be there, for {}", policy.roles)))
            }
            Some(other) if other != policy => findings.push(Finding::new(policy.place(), "is not what it should be")),
            Some(_) => {}
        }
    }
    let missing = expected.iter().filter(|other| there.iter().all(|policy| policy.place() != other.place()));
    findings.extend(missing.map(|policy| Finding::new(policy.place(), "is missing")));
    findings
}
