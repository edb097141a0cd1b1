use sea_orm::{DbErr, RuntimeErr};

/// What SQLite's triggers say when they refuse.
pub(crate) const REFUSAL: &str = "outside the scope of this transaction";

/// Why a statement or a transaction failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique rule is broken, named `<table>_<column>_unique` on both databases.
    #[error("the unique rule {0} is broken")]
    Conflict(String),
    /// A foreign key points to nothing.
    #[error("a referenced row does not exist")]
    MissingReference,
    /// A write, or a row that was read, lies outside the scope: refused by this crate or by the database.
    #[error("outside the scope")]
    OutOfScope,
    /// Rights were changed and their version did not rise; nothing was committed.
    #[error("rights were changed without raising their version")]
    RightsVersion,
    /// The database cannot be reached, is shutting down, or is too busy; later the same may succeed.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// Anything else.
    #[error("the database failed")]
    Database(#[source] DbErr),
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) => Self::Unavailable(error),
            DbErr::Conn(RuntimeErr::SqlxError(source))
            | DbErr::Exec(RuntimeErr::SqlxError(source))
            | DbErr::Query(RuntimeErr::SqlxError(source)) => match verdict(source) {
                Verdict::Conflict(rule) => Self::Conflict(rule),
                Verdict::MissingReference => Self::MissingReference,
                Verdict::OutOfScope => Self::OutOfScope,
                Verdict::Unavailable => Self::Unavailable(error),
                Verdict::Other => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        DbErr::Conn(RuntimeErr::SqlxError(error.into())).into()
    }
}

enum Verdict {
    Conflict(String),
    MissingReference,
    OutOfScope,
    Unavailable,
    Other,
}

fn verdict(error: &sqlx::Error) -> Verdict {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) | E::BeginFailed => {
            Verdict::Unavailable
        }
        E::Database(source) => {
            let code = source.code().unwrap_or_default();
            let sqlite = source.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
            if sqlite { sqlite_verdict(&code, source.message()) } else { postgres_verdict(&code, source.constraint()) }
        }
        _ => Verdict::Other,
    }
}

/// PostgreSQL's SQLSTATE (appendix A of its manual).
fn postgres_verdict(code: &str, constraint: Option<&str>) -> Verdict {
    match code {
        "23505" => Verdict::Conflict(canonical(constraint.unwrap_or_default())),
        "23503" => Verdict::MissingReference,
        // Row-level security refuses with "insufficient privilege".
        "42501" => Verdict::OutOfScope,
        // Too many connections, out of resources; deadlock and serialisation failures; shut down by an operator.
        "53300" | "53200" | "53100" | "40001" | "40P01" | "57P01" | "57P02" | "57P03" | "57014" => Verdict::Unavailable,
        code if code.starts_with("08") => Verdict::Unavailable,
        _ => Verdict::Other,
    }
}

/// A distributed PostgreSQL puts `_<shard>` behind the names of constraints.
fn canonical(constraint: &str) -> String {
    match constraint.rsplit_once('_') {
        Some((name, shard)) if !shard.is_empty() && shard.bytes().all(|b| b.is_ascii_digit()) => name.to_owned(),
        _ => constraint.to_owned(),
    }
}

/// SQLite's extended result codes; a broken unique rule is told by its columns: `stores.tenant_id, stores.code_key`.
fn sqlite_verdict(code: &str, message: &str) -> Verdict {
    match code {
        "1555" | "2067" | "2579" => {
            let last = message.rsplit([' ', ',']).next().unwrap_or_default();
            Verdict::Conflict(format!("{}_unique", last.replace('.', "_")))
        }
        "787" | "1811" if message.contains(REFUSAL) => Verdict::OutOfScope,
        "787" | "1811" => Verdict::MissingReference,
        _ => match code.parse::<u32>().map(|code| code & 0xff) {
            // SQLITE_BUSY, LOCKED, IOERR, FULL, CANTOPEN.
            Ok(5 | 6 | 10 | 13 | 14) => Verdict::Unavailable,
            _ => Verdict::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verdict: Verdict) -> String {
        match verdict {
            Verdict::Conflict(rule) => rule,
            _ => panic!("not a conflict"),
        }
    }

    #[test]
    fn both_databases_name_a_broken_unique_rule_alike() {
        let sqlite = "UNIQUE constraint failed: stores.tenant_id, stores.code_key";
        assert_eq!(rule(sqlite_verdict("2067", sqlite)), "stores_code_key_unique");
        assert_eq!(rule(postgres_verdict("23505", Some("stores_code_key_unique"))), "stores_code_key_unique");
        assert_eq!(rule(postgres_verdict("23505", Some("stores_code_key_unique_102048"))), "stores_code_key_unique");
    }

    #[test]
    fn a_refusal_of_the_triggers_is_out_of_scope_and_a_foreign_key_is_not() {
        assert!(matches!(sqlite_verdict("1811", "outside the scope of this transaction"), Verdict::OutOfScope));
        assert!(matches!(sqlite_verdict("787", "FOREIGN KEY constraint failed"), Verdict::MissingReference));
    }

    #[test]
    fn a_busy_database_is_unavailable_and_not_broken() {
        assert!(matches!(sqlite_verdict("5", "database is locked"), Verdict::Unavailable));
        assert!(matches!(sqlite_verdict("517", "database is locked"), Verdict::Unavailable));
        assert!(matches!(postgres_verdict("57P01", None), Verdict::Unavailable));
    }
}
