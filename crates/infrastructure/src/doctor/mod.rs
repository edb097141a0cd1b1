//! Looks at a live database and says which rules of the schema do not hold.
//!
//! # Why a connection of its own
//!
//! What is declared is in `tables.rs`; what is there, only SQL of the owner's can tell. The wrapper offers none, so
//! the linter opens a connection for itself, which changes nothing and ends with it.
//!
//! # How
//!
//! What either database knows of tables, unique rules and foreign keys is read into one model, `catalogue`, so that
//! each rule of these stands once, in `shape`. Policies, rights and roles are PostgreSQL's alone; triggers are
//! looked for on each in its own words, and the check of the file is SQLite's. A fault is found by one rule: where two see it, the more general one is silent.

mod catalogue;
mod check;
mod doors;
mod ends;
mod golden;
mod grants;
mod linter;
mod owners;
mod policies;
mod postgres;
mod shape;
mod sqlite;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

pub use check::{Check, Finding, Rule, Status};
pub use golden::Golden;
pub use linter::{Linter, Unreadable};

/// Checks every rule of the schema over a connection of the owner's, which may be a transaction.
///
/// # Errors
///
/// A catalogue that cannot be read.
pub async fn examine<C: ConnectionTrait>(connection: &C, golden: &Golden) -> Result<Vec<Check>, DbErr> {
    let postgres = connection.get_database_backend() == DbBackend::Postgres;
    let catalogue =
        if postgres { postgres::catalogue(connection).await? } else { sqlite::catalogue(connection).await? };
    let mut checks = shape::check(&catalogue, golden);
    if postgres {
        checks.extend(policies::check(connection, &catalogue, golden).await?);
        checks.extend(grants::check(connection, &catalogue, golden).await?);
        checks.extend(doors::check(connection, golden).await?);
        checks.extend(owners::check(connection, &catalogue).await?);
        checks.extend(ends::check(connection, &catalogue).await?);
    } else {
        checks.extend(sqlite::check(connection, &catalogue, golden).await?);
    }
    Ok(checks)
}

/// The rows of a query whose columns are all texts; NULL is "".
async fn rows<const N: usize>(connection: &impl ConnectionTrait, sql: &str) -> Result<Vec<[String; N]>, DbErr> {
    let query = Statement::from_string(connection.get_database_backend(), sql);
    let mut rows = Vec::new();
    for row in connection.query_all_raw(query).await? {
        let mut texts = [const { String::new() }; N];
        for (column, text) in texts.iter_mut().enumerate() {
            *text = row.try_get_by_index::<Option<String>>(column)?.unwrap_or_default();
        }
        rows.push(texts);
    }
    Ok(rows)
}
