use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::DbBackend;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, Pool, Sqlite};

use crate::door::{Dispatcher, Door, Person, Platform, Tenant};
use crate::error::{Error, REFUSAL};
use crate::lease::AnyPool;
use crate::meter::Meter;
use crate::scope::Scope;
use crate::transaction::{Reading, Transaction, Writing};

/// How to connect.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite://path` or `postgres://...`.
    pub url: String,
    /// The most connections at once (SQLite: readers; there is one writer).
    pub max_connections: u32,
    /// How long a caller waits for a connection.
    pub acquire_timeout: Duration,
    /// How long the database may take for one answer before it counts as away. PostgreSQL gives a statement up by itself
    /// after this time too.
    pub statement_timeout: Duration,
    /// Statements slower than this are logged.
    pub slow: Duration,
    /// PostgreSQL only: prepared statements keep one plan (`plan_cache_mode=force_generic_plan`), which saves planning a
    /// parameterised LIMIT each time. Not on Citus, where generic plans of joins fail.
    pub generic_plans: bool,
    /// The tables of SQLite's wall against foreign writes.
    pub walls: Vec<Wall>,
}

/// A table and who may write it.
#[derive(Debug, Clone, Copy)]
pub struct Wall {
    /// The table.
    pub table: &'static str,
    /// Who may write it.
    pub rule: WallRule,
}

/// Who may write a table.
#[derive(Debug, Clone, Copy)]
pub enum WallRule {
    /// A transaction in the tenant that this column names.
    Tenant(&'static str),
    /// The same, and the dispatcher may change rows within their tenant, and delete those that have ended.
    TenantOrDispatcher {
        /// Names the tenant.
        tenant: &'static str,
        /// Says that a row has not ended: the column, and what it then holds.
        stays: (&'static str, &'static str),
    },
    /// As [`WallRule::Tenant`], and a verified person may end rows of their own: set one column, once for all, of rows
    /// where another holds their id.
    TenantOrPerson {
        /// Names the tenant.
        tenant: &'static str,
        /// Names the person.
        person: &'static str,
        /// The column that the person may set, and not empty again.
        ends: &'static str,
        /// All the others, which the person leaves as they are.
        kept: &'static [&'static str],
    },
    /// A transaction at the person door.
    Person,
    /// A transaction at the platform door.
    Platform,
    /// A transaction at the platform door, and the dispatcher may change rows, and delete those that have ended.
    PlatformOrDispatcher {
        /// Says that a row has not ended: the column, and what it then holds.
        stays: (&'static str, &'static str),
    },
    /// A transaction at the platform door; rows of the tenant that this column names can be changed inside it.
    PlatformOrOwn(&'static str),
    /// As [`WallRule::PlatformOrOwn`], for rows of which some columns are the platform's alone.
    PlatformOrPartOfOwn {
        /// Names the tenant.
        tenant: &'static str,
        /// The columns that the tenant leaves as they are.
        kept: &'static [&'static str],
    },
}

/// The database: the only way to a connection.
#[derive(Clone)]
pub struct Database {
    read: AnyPool,
    write: AnyPool,
    meter: Arc<Meter>,
    backend: DbBackend,
}

impl Database {
    /// Connects lazily: the first transaction opens the first connection.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] for a URL that is neither SQLite's nor PostgreSQL's.
    pub fn connect(options: &Options) -> Result<Self, Error> {
        let meter = Arc::new(Meter::new(options.slow, options.statement_timeout));
        if options.url.starts_with("sqlite:") {
            let write = AnyPool::Sqlite(sqlite(options, true)?);
            let read = AnyPool::Sqlite(sqlite(options, false)?);
            return Ok(Self { read, write, meter, backend: DbBackend::Sqlite });
        }
        let mut settings = vec![
            ("role", "cotenant_tenant".to_owned()),
            ("statement_timeout", options.statement_timeout.as_millis().to_string()),
        ];
        if options.generic_plans {
            settings.push(("plan_cache_mode", "force_generic_plan".to_owned()));
        }
        let connect = PgConnectOptions::from_str(&options.url)?
            .application_name("cotenant")
            .options(settings)
            .disable_statement_logging();
        let pool = AnyPool::Postgres(
            pool_options(options).max_connections(options.max_connections).connect_lazy_with(connect),
        );
        Ok(Self { read: pool.clone(), write: pool, meter, backend: DbBackend::Postgres })
    }

    /// Begins reading in a tenant.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where no connection is to be had.
    pub async fn read(&self, scope: Scope) -> Result<Transaction<Tenant, Reading>, Error> {
        Transaction::begin(&self.read, &self.meter, Some(scope)).await
    }

    /// Begins reading and writing in a tenant.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn write(&self, scope: Scope) -> Result<Transaction<Tenant, Writing>, Error> {
        Transaction::begin(&self.write, &self.meter, Some(scope)).await
    }

    /// Begins at another door.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    async fn at<D: Door>(&self) -> Result<Transaction<D, Writing>, Error> {
        Transaction::begin(&self.write, &self.meter, None).await
    }

    /// Begins at the person door.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn person(&self) -> Result<Transaction<Person, Writing>, Error> {
        self.at().await
    }

    /// Begins on the platform's records.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn platform(&self) -> Result<Transaction<Platform, Writing>, Error> {
        self.at().await
    }

    /// Begins reading the platform's records.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn platform_read(&self) -> Result<Transaction<Platform, Reading>, Error> {
        Transaction::begin(&self.read, &self.meter, None).await
    }

    /// Begins at the dispatcher door.
    ///
    /// # Errors
    ///
    /// As [`Database::read`].
    pub async fn dispatcher(&self) -> Result<Transaction<Dispatcher, Writing>, Error> {
        self.at().await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where it does not.
    pub async fn ping(&self) -> Result<(), Error> {
        let transaction: Transaction<Platform, Reading> = self.platform_read().await?;
        drop(transaction);
        Ok(())
    }

    /// What has gone to the database so far.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Whether this is PostgreSQL (or else SQLite).
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// Closes all connections; what runs is let finish.
    pub async fn close(&self) {
        for pool in [&self.read, &self.write] {
            match pool {
                AnyPool::Postgres(pool) => pool.close().await,
                AnyPool::Sqlite(pool) => pool.close().await,
            }
        }
    }
}

fn pool_options<DB: sqlx::Database>(options: &Options) -> PoolOptions<DB> {
    // A dead connection shows at the beginning of the next transaction, which is then begun on another; asking each
    // connection whether it lives before every use would cost every request a round trip.
    PoolOptions::new().acquire_timeout(options.acquire_timeout).test_before_acquire(false)
}

/// One writer and many readers (WAL lets them run side by side); a second writer would only wait inside SQLite, where the
/// order is not fair.
fn sqlite(options: &Options, writer: bool) -> Result<Pool<Sqlite>, Error> {
    let connect = SqliteConnectOptions::from_str(&options.url)?
        .create_if_missing(false)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .disable_statement_logging();
    if !writer {
        let connect = connect.pragma("query_only", "ON");
        return Ok(pool_options(options).max_connections(options.max_connections).connect_lazy_with(connect));
    }
    let walls = Arc::new(sqlite_walls(&options.walls));
    let pool = pool_options(options)
        .max_connections(1)
        .after_connect(move |connection: &mut sqlx::SqliteConnection, _| {
            let walls = walls.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(walls.as_str())).await.map(|_| ()) })
        })
        .connect_lazy_with(connect);
    Ok(pool)
}

/// The triggers of one connection. They live in its temporary schema, because a trigger of the main schema cannot see the
/// scope row; a connection without them cannot be had from the pool.
fn sqlite_walls(walls: &[Wall]) -> String {
    let mut sql = String::from(
        "CREATE TEMP TABLE cotenant_scope (door TEXT NOT NULL, tenant_id BLOB NOT NULL, person_id BLOB NOT NULL);\
         INSERT INTO temp.cotenant_scope VALUES ('', x'', x'');",
    );
    for wall in walls {
        let at = |door: &str| format!("(SELECT door FROM temp.cotenant_scope) = '{door}'");
        let inside = |row: &str, column: &str| {
            format!("({} AND {row}.{column} = (SELECT tenant_id FROM temp.cotenant_scope))", at(Tenant::NAME))
        };
        let purged = |(column, held): (&str, &str)| format!("({} AND OLD.{column} <> '{held}')", at(Dispatcher::NAME));
        let (insert, update, delete) = match wall.rule {
            WallRule::Tenant(c) => {
                (inside("NEW", c), format!("{} AND {}", inside("OLD", c), inside("NEW", c)), inside("OLD", c))
            }
            WallRule::TenantOrDispatcher { tenant: c, stays } => {
                let own = format!("({} AND {})", inside("OLD", c), inside("NEW", c));
                let dispatch = format!("({} AND OLD.{c} = NEW.{c})", at(Dispatcher::NAME));
                (inside("NEW", c), format!("{own} OR {dispatch}"), format!("{} OR {}", inside("OLD", c), purged(stays)))
            }
            WallRule::TenantOrPerson { tenant, person, ends, kept } => {
                let own = format!("({} AND {})", inside("OLD", tenant), inside("NEW", tenant));
                let kept: String = kept.iter().map(|c| format!(" AND OLD.{c} IS NEW.{c}")).collect();
                let theirs = format!("OLD.{person} = (SELECT person_id FROM temp.cotenant_scope)");
                let ended = format!("({} AND {theirs} AND NEW.{ends} IS NOT NULL{kept})", at(Person::NAME));
                (inside("NEW", tenant), format!("{own} OR {ended}"), inside("OLD", tenant))
            }
            WallRule::Person => (at(Person::NAME), at(Person::NAME), at(Person::NAME)),
            WallRule::Platform => (at(Platform::NAME), at(Platform::NAME), at(Platform::NAME)),
            WallRule::PlatformOrDispatcher { stays } => {
                let update = format!("{} OR {}", at(Platform::NAME), at(Dispatcher::NAME));
                (at(Platform::NAME), update, format!("{} OR {}", at(Platform::NAME), purged(stays)))
            }
            WallRule::PlatformOrOwn(c) => {
                let update = format!("{} OR ({} AND {})", at(Platform::NAME), inside("OLD", c), inside("NEW", c));
                (at(Platform::NAME), update, at(Platform::NAME))
            }
            WallRule::PlatformOrPartOfOwn { tenant, kept } => {
                let kept: String = kept.iter().map(|c| format!(" AND OLD.{c} IS NEW.{c}")).collect();
                let own = format!("{} AND {}{kept}", inside("OLD", tenant), inside("NEW", tenant));
                (at(Platform::NAME), format!("{} OR ({own})", at(Platform::NAME)), at(Platform::NAME))
            }
        };
        let table = wall.table;
        for (event, allowed) in [("INSERT", insert), ("UPDATE", update), ("DELETE", delete)] {
            // COALESCE: what cannot be decided is refused.
            sql.push_str(&format!(
                "CREATE TEMP TRIGGER cotenant_{table}_{event} BEFORE {event} ON main.{table} \
                 WHEN NOT COALESCE({allowed}, 0) BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END;"
            ));
        }
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    const WALLS: &[Wall] = &[Wall { table: "notes", rule: WallRule::Tenant("tenant_id") }];

    fn options(directory: &tempfile::TempDir) -> Options {
        let file = directory.path().join("notes.db");
        Options {
            url: format!("sqlite://{}", file.display()),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            slow: Duration::from_secs(5),
            generic_plans: false,
            walls: WALLS.to_vec(),
        }
    }

    /// A file with the one table of the wall.
    async fn notes() -> tempfile::TempDir {
        let directory = tempfile::TempDir::new().unwrap();
        let options = SqliteConnectOptions::from_str(&options(&directory).url).unwrap().create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        connection.execute("CREATE TABLE notes (tenant_id BLOB NOT NULL)").await.unwrap();
        directory
    }

    async fn refusal(pool: &Pool<Sqlite>, sql: &'static str) -> String {
        pool.execute(sql).await.unwrap_err().as_database_error().unwrap().message().to_owned()
    }

    #[tokio::test]
    async fn readers_of_sqlite_write_nothing() {
        let directory = notes().await;
        let pool = sqlite(&options(&directory), false).unwrap();
        for sql in ["INSERT INTO notes VALUES (x'00')", "DELETE FROM notes", "DROP TABLE notes"] {
            assert_eq!(refusal(&pool, sql).await, "attempt to write a readonly database", "{sql}");
        }
    }

    #[tokio::test]
    async fn the_writer_of_sqlite_is_refused_until_a_transaction_stands_in_a_tenant() {
        let directory = notes().await;
        let pool = sqlite(&options(&directory), true).unwrap();
        assert_eq!(refusal(&pool, "INSERT INTO notes VALUES (x'00')").await, REFUSAL);
        // Not even where the row's tenant is the blank that stands for none.
        assert_eq!(refusal(&pool, "INSERT INTO notes VALUES (x'')").await, REFUSAL);
    }

    #[tokio::test]
    async fn foreign_keys_are_checked_on_every_connection_of_sqlite() {
        let directory = notes().await;
        for writer in [true, false] {
            let pool = sqlite(&options(&directory), writer).unwrap();
            let on: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&pool).await.unwrap();
            assert_eq!(on, 1, "writer: {writer}");
        }
    }
}
