//! SQLite's catalogue, and the rules that are SQLite's alone.

use sea_orm::{ConnectionTrait, DbErr};

use super::catalogue::{Catalogue, Column, ForeignKey, MIGRATIONS, Relation, Unique, bare};
use super::{Check, Finding, Golden, Rule, rows};

const APPEND_ONLY: Rule = Rule {
    name: "append_only",
    about: "triggers keep the audit logs from being changed or shortened, and ended support grants from being revived",
    mend: "make the triggers again as migration/src writes them, and ask who took them away",
};
const WALLS: Rule = Rule {
    name: "walls",
    about: "every table is guarded against foreign writes by the triggers of the server's connections",
    mend: "add the table to WALLS in crates/infrastructure/src/tables.rs",
};
const INTEGRITY: Rule = Rule {
    name: "integrity",
    about: "the file is whole, and every row keeps its table's conditions (PRAGMA integrity_check)",
    mend: "stop the server, keep a copy of the file, and restore a backup; indexes alone are mended by REINDEX",
};
const REFERENCES: Rule = Rule {
    name: "references",
    about: "no row refers to one that is not there (PRAGMA foreign_key_check)",
    mend: "another program wrote without foreign keys: restore the row referred to, or remove the one that refers",
};

/// The tables that are only added to.
const LOGS: &[&str] = &["audit_events", "platform_audit_events"];

const RELATIONS: &str = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') \
    AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

const COLUMNS: &str = "SELECT m.name, c.name, lower(c.type), CAST(c.\"notnull\" AS TEXT), CAST(c.pk AS TEXT) \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.pk";

/// A row for each column of each unique index that is not the primary key.
const UNIQUE: &str = "SELECT m.name, i.name, c.name, s.sql \
    FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c \
    LEFT JOIN sqlite_master s ON s.type = 'index' AND s.name = i.name \
    WHERE m.type = 'table' AND i.\"unique\" = 1 AND i.origin <> 'pk' ORDER BY m.name, i.name, c.seqno";

/// A row for each column of each foreign key.
const KEYS: &str = "SELECT m.name, CAST(f.id AS TEXT), f.\"table\", f.\"from\", f.\"to\", f.on_update, f.on_delete \
    FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq";

const TRIGGERS: &str = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name";

pub(super) async fn catalogue(connection: &impl ConnectionTrait) -> Result<Catalogue, DbErr> {
    let mut catalogue = Catalogue::default();
    for [name, kind] in rows(connection, RELATIONS).await? {
        catalogue.relations.insert(name, Relation { view: kind == "view", ..Relation::default() });
    }
    for [table, name, is, not_null, place_in_key] in rows(connection, COLUMNS).await? {
        let Some(table) = catalogue.relation(&table) else { continue };
        if place_in_key != "0" {
            table.primary.push(name.clone());
        }
        table.columns.insert(name, Column { is, not_null: not_null == "1" });
    }
    for [table, name, column, sql] in rows(connection, UNIQUE).await? {
        let Some(table) = catalogue.relation(&table) else { continue };
        let column = if column.is_empty() { "(expression)".to_owned() } else { column };
        match table.uniques.last_mut().filter(|unique| unique.name == name) {
            Some(unique) => unique.columns.push(column),
            None => table.uniques.push(Unique { name, columns: vec![column], condition: condition(&sql) }),
        }
    }
    let mut before = String::new();
    for [table, id, parent, from, to, on_update, on_delete] in rows(connection, KEYS).await? {
        let key = format!("{table} {id}");
        let Some(table) = catalogue.relation(&table) else { continue };
        if key != before {
            let cascades = on_update != "NO ACTION" || on_delete != "NO ACTION";
            table.keys.push(ForeignKey { name: String::new(), parent, from: vec![], to: vec![], cascades });
            before = key;
        }
        if let Some(key) = table.keys.last_mut() {
            key.from.push(from);
            key.to.push(to);
            key.name = key.from.join("+");
        }
    }
    for [table, sql] in rows(connection, "SELECT name, sql FROM sqlite_master WHERE type = 'table'").await? {
        if let Some(table) = catalogue.relation(&table) {
            table.conditions = bare(&sql) + ",";
        }
    }
    let triggers = rows::<3>(connection, TRIGGERS).await?.into_iter();
    let known = |name: &str| guards().any(|(_, guard, _)| guard == name);
    let others = triggers.filter(|[name, _, _]| !known(name));
    catalogue.others = others.map(|[name, table, _]| format!("trigger {name} on {table}")).collect();
    Ok(catalogue)
}

/// The condition of a partial index.
fn condition(sql: &str) -> String {
    let at = sql.to_ascii_uppercase().find(" WHERE ");
    at.map_or_else(String::new, |at| sql[at + " WHERE ".len()..].trim().to_owned())
}

/// What keeps the end of a support grant.
const END_STAYS: &str = "CREATE TRIGGER support_grants_end_stays \
    BEFORE UPDATE OF ended_at, ended_by_kind, ended_by_id ON support_grants \
    WHEN OLD.ended_at IS NOT NULL AND (OLD.ended_at IS NOT NEW.ended_at \
         OR OLD.ended_by_kind IS NOT NEW.ended_by_kind OR OLD.ended_by_id IS NOT NEW.ended_by_id) \
    BEGIN SELECT RAISE(ABORT, 'outside the scope of this transaction'); END";

/// The triggers that keep what is not changed: table, name, text.
fn guards() -> impl Iterator<Item = (&'static str, String, String)> {
    let logs = LOGS.iter().flat_map(|table| {
        ["UPDATE", "DELETE"].map(|event| {
            let name = format!("{table}_no_{event}");
            let text = format!(
                "CREATE TRIGGER {name} BEFORE {event} ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
            );
            (*table, name, text)
        })
    });
    logs.chain([("support_grants", "support_grants_end_stays".to_owned(), END_STAYS.to_owned())])
}

pub(super) async fn check(
    connection: &impl ConnectionTrait,
    catalogue: &Catalogue,
    golden: &Golden,
) -> Result<Vec<Check>, DbErr> {
    let triggers = rows::<3>(connection, TRIGGERS).await?;
    let there = |name: &str, text: &str| triggers.iter().any(|[of, _, sql]| of == name && bare(sql) == bare(text));
    let missing = guards().filter(|(table, name, text)| catalogue.relations.contains_key(*table) && !there(name, text));
    let append_only = missing.map(|(table, name, _)| Finding::new(format!("{table}.{name}"), "is missing or changed"));
    // What nobody declared is another rule's.
    let open = catalogue.tables().filter(|(table, _)| *table != MIGRATIONS && golden.knows(table));
    let open = open.filter(|(table, _)| !golden.walls.iter().any(|wall| wall == table));
    let broken = rows::<1>(connection, "SELECT integrity_check FROM pragma_integrity_check").await?.into_iter();
    Ok(vec![
        APPEND_ONLY.found(append_only.collect()),
        WALLS.found(open.map(|(table, _)| Finding::new(table, "has no wall")).collect()),
        INTEGRITY.found(broken.filter(|[what]| what != "ok").map(|[what]| Finding::new("the file", what)).collect()),
        REFERENCES.found(dangling(connection).await?),
    ])
}

async fn dangling(connection: &impl ConnectionTrait) -> Result<Vec<Finding>, DbErr> {
    let sql = "SELECT \"table\", COALESCE(CAST(rowid AS TEXT), '?'), parent FROM pragma_foreign_key_check LIMIT 100";
    match rows::<3>(connection, sql).await {
        Ok(rows) => {
            let finding = |[table, row, parent]: [String; 3]| {
                Finding::new(format!("{table}, row {row}"), format!("refers to no {parent}"))
            };
            Ok(rows.into_iter().map(finding).collect())
        }
        // A key to columns that are not unique together: SQLite refuses to check any.
        Err(error) if error.to_string().contains("foreign key mismatch") => {
            Ok(vec![Finding::new("the schema", error.to_string())])
        }
        Err(error) => Err(error),
    }
}
