//! Databases that live as long as a test.

use std::time::Duration;

use cotenant_infrastructure::{DatabaseOptions, ScopedDatabase, SeaDatabase, WALLS};
use cotenant_migration::Runner;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A SQLite file.
    Sqlite,
    /// A database of the PostgreSQL server that the tests were given.
    Postgres,
}

/// A migrated database without a row, dropped at the end.
pub struct FreshDatabase {
    /// Which database.
    pub kind: Kind,
    /// Its URL: the owner's.
    pub url: String,
    /// A directory that lives as long.
    pub home: TempDir,
    name: Option<String>,
}

/// The server's URL, or `None` where PostgreSQL is left out on purpose.
fn server() -> Option<String> {
    match std::env::var("COTENANT_TEST_POSTGRES_URL") {
        Ok(url) => Some(url),
        Err(_) if std::env::var("COTENANT_TEST_POSTGRES").is_ok_and(|v| v == "off") => None,
        Err(_) => panic!(
            "COTENANT_TEST_POSTGRES_URL is not set: run `make test`, or `tests/with-postgres COMMAND`; \
             COTENANT_TEST_POSTGRES=off leaves PostgreSQL out"
        ),
    }
}

fn named(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let (base, _) = base.rsplit_once('/').expect("a PostgreSQL URL ends with /DATABASE");
    query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}"))
}

impl FreshDatabase {
    /// A migrated database; `None` where PostgreSQL is left out on purpose.
    pub async fn new(kind: Kind) -> Option<Self> {
        let database = Self::empty(kind).await?;
        let runner = Runner::connect(&database.url).await.unwrap();
        runner.up(None).await.unwrap();
        runner.close().await.unwrap();
        Some(database)
    }

    /// A database without a schema.
    pub async fn empty(kind: Kind) -> Option<Self> {
        let home = TempDir::new().unwrap();
        match kind {
            Kind::Sqlite => {
                let url = format!("sqlite://{}", home.path().join("cotenant.db").display());
                Some(Self { kind, url, home, name: None })
            }
            Kind::Postgres => {
                let server = server()?;
                let name = format!("cotenant_test_{}", random_name());
                let mut connection = PgConnection::connect(&server).await.unwrap();
                connection.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
                let private = format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC");
                connection.execute(AssertSqlSafe(private)).await.unwrap();
                connection.close().await.unwrap();
                Some(Self { kind, url: named(&server, &name), home, name: Some(name) })
            }
        }
    }

    /// Connects as the server does.
    pub fn connect(&self) -> ScopedDatabase {
        ScopedDatabase::connect(&self.options()).unwrap()
    }

    /// How the server connects, with a small pool.
    pub fn options(&self) -> DatabaseOptions {
        DatabaseOptions {
            url: self.url.clone(),
            max_connections: 8,
            acquire_timeout: Duration::from_secs(20),
            statement_timeout: Duration::from_secs(20),
            slow: Duration::from_secs(5),
            generic_plans: true,
            walls: WALLS.to_vec(),
        }
    }

    /// The adapters of the ports over this database.
    pub fn adapters(&self) -> SeaDatabase {
        SeaDatabase::new(self.connect())
    }
}

#[expect(clippy::disallowed_methods, reason = "a name that no other test of any process has")]
fn random_name() -> String {
    Uuid::now_v7().simple().to_string()
}

impl Drop for FreshDatabase {
    fn drop(&mut self) {
        let (Some(name), Some(server)) = (self.name.take(), server()) else {
            return;
        };
        // A thread of its own: the test's runtime may be the one that is ending.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await?;
                connection.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await?;
                connection.close().await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        });
        if let Err(error) = dropped.join().expect("the thread does not panic") {
            eprintln!("a test's database was not dropped: {error}");
        }
    }
}
