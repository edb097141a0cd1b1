//! What a database holds, whoever wrote it: read past all walls, to prove that nothing changed.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::database::{FreshDatabase, Kind};

/// The rows of every table, as one text for each.
pub type Rows = BTreeMap<String, String>;

impl FreshDatabase {
    /// All rows of all tables.
    pub async fn rows(&self) -> Rows {
        match self.kind {
            Kind::Sqlite => sqlite(&self.url).await,
            Kind::Postgres => postgres(&self.url).await,
        }
        .unwrap()
    }
}

/// The tables whose rows differ.
pub fn differing(before: &Rows, after: &Rows) -> Vec<String> {
    assert!(before.keys().eq(after.keys()), "tables came or went");
    before.iter().filter(|(table, rows)| after[*table] != **rows).map(|(table, _)| table.clone()).collect()
}

/// The same, where refusals may be recorded: a log that grew by such records and nothing else is none of them, nor are the
/// heads of the logs then.
pub fn differing_but_for_refusals(before: &Rows, after: &Rows) -> Vec<String> {
    let events = |rows: &Rows| rows["audit_events"].lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (old, new) = (events(before), events(after));
    let told = new.len() > old.len() && new.is_superset(&old);
    let told = told && new.difference(&old).all(|event| event.contains("access.refused"));
    let mut tables = differing(before, after);
    tables.retain(|table| !(told && ["audit_events", "audit_heads"].contains(&table.as_str())));
    tables
}

async fn sqlite(url: &str) -> Result<Rows, sqlx::Error> {
    let mut connection = SqliteConnection::connect(url).await?;
    let named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let tables: Vec<String> = sqlx::query_scalar(named).fetch_all(&mut connection).await?;
    let mut rows = Rows::new();
    for table in tables {
        let columns =
            format!("SELECT group_concat('quote(\"' || name || '\")', '||') FROM pragma_table_info('{table}')");
        let row: String = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_one(&mut connection).await?;
        let all = format!(
            "SELECT coalesce(group_concat(r, char(10)), '') FROM (SELECT {row} AS r FROM \"{table}\" ORDER BY 1)"
        );
        rows.insert(table, sqlx::query_scalar(AssertSqlSafe(all)).fetch_one(&mut connection).await?);
    }
    connection.close().await?;
    Ok(rows)
}

async fn postgres(url: &str) -> Result<Rows, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    let named = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'";
    let tables: Vec<String> = sqlx::query_scalar(named).fetch_all(&mut connection).await?;
    let mut rows = Rows::new();
    for table in tables {
        let all = format!("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM \"{table}\" t");
        rows.insert(table, sqlx::query_scalar(AssertSqlSafe(all)).fetch_one(&mut connection).await?);
    }
    connection.close().await?;
    Ok(rows)
}
