//! One pooled connection inside one transaction, and the only `ConnectionTrait` there is.
//!
//! # Why the transaction is begun here and not by sqlx's `begin`
//!
//! With sqlx 0.9 a `begin` that is dropped midway (the client went away, a timeout struck) can return the connection to
//! the pool inside a transaction that nobody ends; the next borrower's statements then succeed and are rolled back later.
//! Here a connection is known to be whole only between a beginning and an end that were both answered; a lease dropped at
//! any other moment closes its connection instead of returning it. A lease dropped in between queues a rollback, which
//! the pool sends before anybody else gets the connection.

use std::time::Instant;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Value};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Database, Executor, Pool, Postgres, Sqlite};
use sqlx_core::transaction::TransactionManager;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use time::macros::format_description;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::meter::Meter;
use crate::rights::Watch;

enum Connection {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

/// A pool of either database.
#[derive(Clone)]
pub(crate) enum AnyPool {
    Postgres(Pool<Postgres>),
    Sqlite(Pool<Sqlite>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between begin and end: nothing is under way that the connection does not know of.
    Open,
    /// A beginning or an end has been sent and not answered.
    Unsettled,
    /// Ended.
    Closed,
}

/// A connection inside a transaction.
pub(crate) struct Lease {
    connection: Mutex<Connection>,
    state: State,
    spoilt: AtomicBool,
    /// An answer did not come in time; it may still come, and nobody would know what it answers.
    stalled: AtomicBool,
    meter: Arc<Meter>,
    pub(crate) rights: Watch,
    backend: DbBackend,
}

impl AnyPool {
    /// Takes a connection and begins a transaction with `sql`, in one round trip.
    ///
    /// A connection from the pool may have died since it was last used (the database restarted). Nothing has happened on
    /// it yet, so the beginning is tried again on another one, until a live or a new one is found.
    pub(crate) async fn begin(&self, sql: &str, meter: &Arc<Meter>) -> Result<Lease, Error> {
        let mut tries = match self {
            Self::Postgres(pool) => pool.size() + 1,
            Self::Sqlite(_) => 1,
        };
        loop {
            tries -= 1;
            match self.begin_once(sql, meter).await {
                Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)) if tries > 0 => {}
                Err(sqlx::Error::Database(error))
                    if tries > 0 && error.code().is_some_and(|c| c.starts_with("57P")) => {}
                outcome => return Ok(outcome?),
            }
        }
    }

    async fn begin_once(&self, sql: &str, meter: &Arc<Meter>) -> Result<Lease, sqlx::Error> {
        let (connection, backend) = match self {
            Self::Postgres(pool) => (Connection::Postgres(pool.acquire().await?), DbBackend::Postgres),
            Self::Sqlite(pool) => (Connection::Sqlite(pool.acquire().await?), DbBackend::Sqlite),
        };
        let mut lease = Lease {
            connection: Mutex::new(connection),
            state: State::Unsettled,
            spoilt: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            meter: meter.clone(),
            rights: Watch::default(),
            backend,
        };
        meter.round_trip();
        let statement = Some(sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(sql.to_owned())));
        match lease.connection.get_mut() {
            Connection::Postgres(c) => {
                meter.patient(<Postgres as Database>::TransactionManager::begin(c, statement)).await?;
            }
            Connection::Sqlite(c) => {
                meter.patient(<Sqlite as Database>::TransactionManager::begin(c, statement)).await?;
            }
        }
        lease.state = State::Open;
        Ok(lease)
    }
}

impl Lease {
    /// Commits, unless a statement failed: PostgreSQL would answer such a COMMIT with a rollback and no error.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        self.whole()?;
        if self.rights.broken() {
            return Err(Error::RightsVersion);
        }
        self.meter.round_trip();
        self.state = State::Unsettled;
        let meter = self.meter.clone();
        match self.connection.get_mut() {
            Connection::Postgres(c) => meter.patient(<Postgres as Database>::TransactionManager::commit(c)).await?,
            Connection::Sqlite(c) => meter.patient(<Sqlite as Database>::TransactionManager::commit(c)).await?,
        }
        self.state = State::Closed;
        Ok(())
    }

    /// Changes what the rest of the transaction may do. The text is this crate's own.
    pub(crate) async fn switch(&mut self, sql: &str) -> Result<(), Error> {
        self.whole()?;
        self.meter.round_trip();
        let (meter, sql) = (self.meter.clone(), AssertSqlSafe(sql.to_owned()));
        let switched = match self.connection.get_mut() {
            Connection::Postgres(c) => meter.patient(c.execute(sql)).await.map(|_| ()),
            Connection::Sqlite(c) => meter.patient(c.execute(sql)).await.map(|_| ()),
        };
        switched.map_err(|error| self.failed(exec_error(error)).into())
    }

    /// After this the transaction can only be dropped.
    pub(crate) fn spoil(&self) {
        self.spoilt.store(true, Ordering::Relaxed);
    }

    fn whole(&self) -> Result<(), DbErr> {
        if self.spoilt.load(Ordering::Relaxed) {
            return Err(DbErr::Custom("a statement of this transaction failed; it can only be dropped".into()));
        }
        Ok(())
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let stalled = self.stalled.load(Ordering::Relaxed);
        let state = if stalled && self.state == State::Open { State::Unsettled } else { self.state };
        match (self.connection.get_mut(), state) {
            (_, State::Closed) => {}
            (Connection::Postgres(c), State::Open) => <Postgres as Database>::TransactionManager::start_rollback(c),
            (Connection::Sqlite(c), State::Open) => <Sqlite as Database>::TransactionManager::start_rollback(c),
            (Connection::Postgres(c), State::Unsettled) => c.close_on_drop(),
            (Connection::Sqlite(c), State::Unsettled) => c.close_on_drop(),
        }
    }
}

/// SQLite has no type for instants: sqlx writes text of varying width, under which "..20Z" sorts after "..20.5Z". With six
/// digits always, the order of the texts is the order of the instants.
fn for_sqlite(value: Value) -> Value {
    const WIDE: &[time::format_description::BorrowedFormatItem<'static>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    match value {
        Value::TimeDateTimeWithTimeZone(Some(at)) => {
            let text = at.to_offset(time::UtcOffset::UTC).format(WIDE);
            text.map_or(Value::TimeDateTimeWithTimeZone(Some(at)), Value::from)
        }
        value => value,
    }
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

impl Lease {
    fn failed(&self, error: DbErr) -> DbErr {
        self.spoil();
        if let DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source)) = &error
            && matches!(**source, sqlx::Error::PoolTimedOut)
        {
            self.stalled.store(true, Ordering::Relaxed);
        }
        error
    }

    fn bind(&self, statement: Statement) -> Result<(String, SqlxValues), DbErr> {
        self.whole()?;
        let mut values = statement.values.unwrap_or(sea_orm::Values(Vec::new()));
        if self.backend == DbBackend::Sqlite {
            values.0 = values.0.into_iter().map(for_sqlite).collect();
        }
        Ok((statement.sql, SqlxValues(values)))
    }
}

#[async_trait]
impl ConnectionTrait for Lease {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = self.bind(statement)?;
        let mut connection = self.connection.lock().await;
        let began = Instant::now();
        let query = AssertSqlSafe(sql.as_str());
        let result = match &mut *connection {
            Connection::Postgres(c) => {
                self.meter.patient(sqlx::query_with(query, values).execute(&mut **c)).await.map(Into::into)
            }
            Connection::Sqlite(c) => {
                self.meter.patient(sqlx::query_with(query, values).execute(&mut **c)).await.map(Into::into)
            }
        };
        self.meter.statement(&sql, began.elapsed());
        result.map_err(|error| self.failed(exec_error(error)))
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(DbErr::Custom("raw SQL is not run inside a scope".into()))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (sql, values) = self.bind(statement)?;
        let mut connection = self.connection.lock().await;
        let began = Instant::now();
        let query = AssertSqlSafe(sql.as_str());
        let row = match &mut *connection {
            Connection::Postgres(c) => {
                let row = self.meter.patient(sqlx::query_with(query, values).fetch_optional(&mut **c)).await;
                row.map(|row| row.map(Into::into))
            }
            Connection::Sqlite(c) => {
                let row = self.meter.patient(sqlx::query_with(query, values).fetch_optional(&mut **c)).await;
                row.map(|row| row.map(Into::into))
            }
        };
        self.meter.statement(&sql, began.elapsed());
        row.map_err(|error| self.failed(query_error(error)))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = self.bind(statement)?;
        let mut connection = self.connection.lock().await;
        let began = Instant::now();
        let query = AssertSqlSafe(sql.as_str());
        let rows = match &mut *connection {
            Connection::Postgres(c) => {
                let rows = self.meter.patient(sqlx::query_with(query, values).fetch_all(&mut **c)).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
            Connection::Sqlite(c) => {
                let rows = self.meter.patient(sqlx::query_with(query, values).fetch_all(&mut **c)).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        self.meter.statement(&sql, began.elapsed());
        rows.map_err(|error| self.failed(query_error(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn instants_have_one_width_on_sqlite_so_that_text_sorts_as_time() {
        let texts: Vec<Value> = [datetime!(2026-01-01 00:00:20 UTC), datetime!(2026-01-01 03:00:20.5 +3)]
            .map(|at| for_sqlite(Value::TimeDateTimeWithTimeZone(Some(at))))
            .into();
        assert_eq!(texts[0], Value::from("2026-01-01T00:00:20.000000Z".to_owned()));
        assert_eq!(texts[1], Value::from("2026-01-01T00:00:20.500000Z".to_owned()));
    }
}
