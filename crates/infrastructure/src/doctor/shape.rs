//! Rules of tables and what they refer to, which both databases keep.

use super::catalogue::{Catalogue, ForeignKey, MIGRATIONS, Relation, Unique, bare};
use super::{Check, Finding, Golden, Rule};

const DECLARED: Rule = Rule {
    name: "tables_declared",
    about: "every table and view is in the golden list, and what it lists is there",
    mend: "declare it in crates/infrastructure/src/tables.rs, or drop it; what is missing, a migration makes",
};
const NOTHING_ELSE: Rule = Rule {
    name: "nothing_else",
    about: "beside tables and views nothing holds data or runs by itself",
    mend: "drop it; what the product needs, a migration makes and the linter learns to know",
};
const WALL_COLUMNS: Rule = Rule {
    name: "wall_columns",
    about: "every row of a tenant's table names its tenant, and its store where it belongs to one",
    mend: "make the column NOT NULL (uuid on PostgreSQL, blob on SQLite) in a migration",
};
const PRIMARY_KEYS: Rule = Rule {
    name: "primary_keys",
    about: "every primary key of a tenant's table begins with the tenant",
    mend: "make PRIMARY KEY (tenant_id, id) in a migration",
};
const UNIQUE_RULES: Rule = Rule {
    name: "unique_rules",
    about: "every unique rule of a tenant's table begins with the tenant",
    mend: "put the tenant's column first: else tenants learn of, and are stopped by, each other's values",
};
const DELETED_ROWS: Rule = Rule {
    name: "unique_rules_of_the_living",
    about: "unique rules do not count deleted rows",
    mend: "make the index partial, WHERE deleted_at IS NULL: else a deleted row keeps its name for ever",
};
const FOREIGN_KEYS: Rule = Rule {
    name: "foreign_keys",
    about: "the references are those of the golden list, and each between tenants' tables carries the tenant",
    mend: "refer by (tenant_id, ...) to (tenant_id, ...), without ON DELETE or ON UPDATE, in a migration; a new one is \
           entered in REFERENCES, crates/infrastructure/src/doctor/golden.rs",
};

pub(super) fn check(catalogue: &Catalogue, golden: &Golden) -> Vec<Check> {
    let others = catalogue.others.iter().map(|what| Finding::new(what, "nobody expects it"));
    vec![
        DECLARED.found(undeclared(catalogue, golden)),
        NOTHING_ELSE.found(others.collect()),
        WALL_COLUMNS.found(wall_columns(catalogue, golden)),
        PRIMARY_KEYS.found(primary_keys(catalogue, golden)),
        UNIQUE_RULES.found(unique_rules(catalogue, golden)),
        DELETED_ROWS.found(deleted_rows(catalogue, golden)),
        FOREIGN_KEYS.found(foreign_keys(catalogue, golden)),
    ]
}

/// The tables that tenants own, with the column of the tenant.
fn owned<'a>(catalogue: &'a Catalogue, golden: &'a Golden) -> impl Iterator<Item = (&'a str, String, &'a Relation)> {
    catalogue.tables().filter_map(|(name, table)| golden.owned(name).map(|tenant| (name, tenant, table)))
}

fn undeclared(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    let there = catalogue.relations.keys().filter(|name| *name != MIGRATIONS && !golden.knows(name));
    let mut lacking: Vec<&str> = golden.tables.iter().map(|declared| declared.name).collect();
    lacking.retain(|name| !catalogue.relations.contains_key(*name));
    lacking.dedup();
    there
        .map(|name| Finding::new(name, "is there and not declared"))
        .chain(lacking.into_iter().map(|name| Finding::new(name, "is declared and not there")))
        .collect()
}

fn wall_columns(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, tenant, table) in owned(catalogue, golden) {
        for column in [Some(tenant), golden.store(name)].into_iter().flatten() {
            let what = match table.columns.get(&column) {
                None => "is not there".to_owned(),
                Some(column) if !column.not_null => "may be NULL".to_owned(),
                Some(column) if column.is != "uuid" && column.is != "blob" => format!("is of type {}", column.is),
                Some(_) => continue,
            };
            found.push(Finding::new(format!("{name}.{column}"), what));
        }
    }
    found
}

fn primary_keys(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    owned(catalogue, golden)
        .filter(|(_, tenant, table)| table.primary.first() != Some(tenant))
        .map(|(name, _, table)| match table.primary.as_slice() {
            [] => Finding::new(name, "has no primary key"),
            columns => Finding::new(name, format!("has the primary key ({})", columns.join(", "))),
        })
        .collect()
}

fn unique_rules(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, tenant, table) in owned(catalogue, golden) {
        let wide = table.uniques.iter().filter(|unique| unique.columns.first() != Some(&tenant));
        found.extend(wide.map(|unique| unique_finding(name, unique)));
    }
    found
}

fn unique_finding(table: &str, unique: &Unique) -> Finding {
    Finding::new(format!("{table}.{}", unique.name), format!("is unique over ({})", unique.columns.join(", ")))
}

/// A rule leaves deleted rows out by its condition, or by one that a CHECK keeps from holding for them.
fn deleted_rows(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, _, table) in owned(catalogue, golden).filter(|(_, _, table)| table.columns.contains_key("deleted_at")) {
        let counts_deleted = |unique: &&Unique| {
            !unique.condition.split(" AND ").map(bare).any(|part| {
                part == "deleted_atISNULL"
                    || part.strip_suffix("ISNOTNULL").is_some_and(|column| {
                        table.conditions.contains(&format!("CHECK{column}ISNULLORdeleted_atISNULL,"))
                    })
            })
        };
        found.extend(table.uniques.iter().filter(counts_deleted).map(|unique| {
            let of = if unique.condition.is_empty() { "all rows".into() } else { format!("rows {}", unique.condition) };
            Finding::new(format!("{name}.{}", unique.name), format!("counts {of}, deleted ones among them"))
        }));
    }
    found
}

fn foreign_keys(catalogue: &Catalogue, golden: &Golden) -> Vec<Finding> {
    let mut found = Vec::new();
    for (name, table) in catalogue.tables() {
        let tenant = golden.owned(name);
        let listed = golden.references.iter().filter(|(of, ..)| *of == name);
        let mut lost: Vec<_> = listed.collect();
        if tenant.is_some() && lost.is_empty() {
            found.push(Finding::new(name, "has no reference to its tenant in the golden list"));
        }
        for key in &table.keys {
            let mut fault = |what: String| found.push(Finding::new(format!("{name}.{}", key.name), what));
            if (tenant.is_some() || golden.owned(&key.parent).is_some()) && !carries_tenant(name, key, golden) {
                let (from, to) = (key.from.join(", "), key.to.join(", "));
                fault(format!("refers by ({from}) to {} ({to})", key.parent));
                continue;
            }
            if tenant.is_some() && key.cascades {
                fault("acts upon rows when what they refer to changes".to_owned());
            } else if !golden.references.contains(&reference(name, key)) {
                fault(format!("refers to {}, which the golden list does not ask for", key.parent));
            }
            lost.retain(|listed| **listed != reference(name, key));
        }
        found.extend(lost.into_iter().map(|(_, column, parent)| {
            Finding::new(format!("{name}.{column}"), format!("does not refer to {parent}"))
        }));
    }
    found
}

/// A key as the golden list writes it.
fn reference<'a>(table: &'a str, key: &'a ForeignKey) -> (&'a str, &'a str, &'a str) {
    (table, key.from.last().map_or("", String::as_str), &key.parent)
}

/// To the tenant itself, by its column alone; to a person, from where that is meant; to another tenant's table with the
/// tenant first on both sides.
fn carries_tenant(table: &str, key: &ForeignKey, golden: &Golden) -> bool {
    let Some(tenant) = golden.owned(table) else { return false };
    match (golden.root(&key.parent), golden.owned(&key.parent)) {
        (Some(id), _) => key.from == [tenant] && key.to == [id],
        (None, Some(of_parent)) => {
            key.from.len() == 2 && key.from.first() == Some(&tenant) && key.to.first() == Some(&of_parent)
        }
        (None, None) => {
            let listed = golden.references.contains(&reference(table, key));
            golden.is(&key.parent, "PersonTable") && key.from.len() == 1 && listed
        }
    }
}
