//! Applies migrations, one process at a time.
//!
//! # Why a lock
//!
//! The migrator itself takes none, so two servers that start together would both apply the first pending migration.
//! PostgreSQL gets an advisory lock on a connection of its own; SQLite a lock on a file beside the database.

use std::fs::File;
use std::path::{Path, PathBuf};

use sea_orm_migration::prelude::{MigratorTrait, SchemaManager};
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, QueryResult, Statement,
};

use tokio::task::spawn_blocking;

use crate::Migrator;

/// The advisory lock's number: any fixed one that nobody else in the database uses.
const LOCK: i64 = 7_239_145_510_275;

/// Why migrating failed.
#[derive(Debug, thiserror::Error)]
pub enum RunnerError {
    /// The database refused, or cannot be reached.
    #[error("the database refused")]
    Database(#[from] DbErr),
    /// SQLite's file, its directory or its lock file.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// SQLite in memory: each connection would have a database of its own.
    #[error("SQLite in memory is not supported: name a file")]
    InMemory,
}

/// One migration and whether it has been applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The migration's name.
    pub name: String,
    /// When it was applied, in seconds since 1970; `None` while it is pending.
    pub applied_at: Option<i64>,
}

/// How the database's schema stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// They fit.
    Current,
    /// The database lacks these migrations.
    Behind(Vec<String>),
    /// The database has these migrations, which this program does not know: it is older than the database.
    Ahead(Vec<String>),
}

/// Applies and takes back migrations on one database.
pub struct Runner {
    connection: DatabaseConnection,
    url: String,
}

impl Runner {
    /// Connects as the schema's owner. A SQLite file that is not there yet is made, for its owner's eyes only.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn connect(url: &str) -> Result<Self, RunnerError> {
        if let Some(path) = sqlite_path(url)? {
            create_private(&path).map_err(|source| RunnerError::File { path, source })?;
        }
        Ok(Self { connection: connect(url).await?, url: url.to_owned() })
    }

    /// Applies pending migrations, all or the next `steps`; answers their names.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn up(&self, steps: Option<u32>) -> Result<Vec<String>, RunnerError> {
        let _lock = self.lock().await?;
        let before = self.names_applied().await?;
        Migrator::up(&self.connection, steps).await?;
        let after = self.names_applied().await?;
        Ok(after.into_iter().filter(|name| !before.contains(name)).collect())
    }

    /// Takes back the last `steps` migrations; answers their names, last first.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn down(&self, steps: u32) -> Result<Vec<String>, RunnerError> {
        let _lock = self.lock().await?;
        let before = self.names_applied().await?;
        Migrator::down(&self.connection, Some(steps)).await?;
        let after = self.names_applied().await?;
        Ok(before.into_iter().rev().filter(|name| !after.contains(name)).collect())
    }

    /// Every migration that this program or the database knows, in their order.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn steps(&self) -> Result<Vec<Step>, RunnerError> {
        let applied = self.applied().await?;
        let pending = Migrator::get_migration_files()
            .into_iter()
            .filter(|file| !applied.iter().any(|step| step.name == file.name()))
            .map(|file| Step { name: file.name().to_owned(), applied_at: None });
        let mut steps: Vec<Step> = applied.iter().cloned().chain(pending).collect();
        steps.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(steps)
    }

    /// How the database's schema stands to this program.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn state(&self) -> Result<SchemaState, RunnerError> {
        let known: Vec<_> = Migrator::get_migration_files().iter().map(|file| file.name().to_owned()).collect();
        let applied = self.names_applied().await?;
        let ahead: Vec<_> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
        if !ahead.is_empty() {
            return Ok(SchemaState::Ahead(ahead));
        }
        let behind: Vec<_> = known.into_iter().filter(|name| !applied.contains(name)).collect();
        Ok(if behind.is_empty() { SchemaState::Current } else { SchemaState::Behind(behind) })
    }

    /// Closes the connection.
    ///
    /// # Errors
    ///
    /// See [`RunnerError`].
    pub async fn close(self) -> Result<(), RunnerError> {
        Ok(self.connection.close().await?)
    }

    async fn names_applied(&self) -> Result<Vec<String>, RunnerError> {
        Ok(self.applied().await?.into_iter().map(|step| step.name).collect())
    }

    /// What the database has recorded. The migrator's own way makes the record's table first, which only the owner may; a
    /// server can look without owning anything.
    async fn applied(&self) -> Result<Vec<Step>, RunnerError> {
        if !SchemaManager::new(&self.connection).has_table("seaql_migrations").await? {
            return Ok(Vec::new());
        }
        let sql = "SELECT version, applied_at FROM seaql_migrations ORDER BY version";
        let recorded = Statement::from_string(self.connection.get_database_backend(), sql);
        let rows = self.connection.query_all_raw(recorded).await?;
        let step = |row: QueryResult| {
            Ok(Step { name: row.try_get("", "version")?, applied_at: Some(row.try_get("", "applied_at")?) })
        };
        rows.into_iter().map(step).collect()
    }

    async fn lock(&self) -> Result<Lock, RunnerError> {
        match sqlite_path(&self.url)? {
            Some(database) => {
                let path = beside(&database, ".migrate.lock");
                // Waiting for the lock blocks the thread that does it, which must not be the runtime's.
                let waited = spawn_blocking({
                    let path = path.clone();
                    move || lock_file(&path)
                });
                let file = waited.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
                Ok(Lock::File(file.map_err(|source| RunnerError::File { path, source })?))
            }
            None => {
                let connection = connect(&self.url).await?;
                connection.execute_unprepared(&format!("SELECT pg_advisory_lock({LOCK})")).await?;
                Ok(Lock::Advisory(connection))
            }
        }
    }
}

/// Held while migrations are applied; let go when dropped.
#[expect(dead_code, reason = "held for its drop: closing the file or the connection lets the lock go")]
enum Lock {
    File(File),
    Advisory(DatabaseConnection),
}

/// The file of a SQLite URL; `None` for another database.
///
/// # Errors
///
/// [`RunnerError::InMemory`].
pub fn sqlite_path(url: &str) -> Result<Option<PathBuf>, RunnerError> {
    let Some(rest) = url.strip_prefix("sqlite:") else {
        return Ok(None);
    };
    let path = rest.trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" || url.contains("mode=memory") {
        return Err(RunnerError::InMemory);
    }
    Ok(Some(PathBuf::from(if rest.starts_with("///") {
        format!("/{}", path.trim_start_matches('/'))
    } else {
        path.into()
    })))
}

/// A file beside the database, named after it.
pub fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(directory)?;
    }
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

fn lock_file(path: &Path) -> std::io::Result<File> {
    let file = File::options().append(true).create(true).open(path)?;
    file.lock()?;
    Ok(file)
}

async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url.to_owned());
    // One connection: what is set on it holds for every statement, and a lock lives as long as it does.
    options.min_connections(1).max_connections(1).sqlx_logging(false);
    Database::connect(options).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_url_names_a_file_relative_or_absolute() {
        let path = |url| sqlite_path(url).unwrap();
        assert_eq!(path("sqlite://var/cotenant.db"), Some("var/cotenant.db".into()));
        assert_eq!(path("sqlite:///srv/cotenant.db?mode=rwc"), Some("/srv/cotenant.db".into()));
        assert_eq!(path("postgres://localhost/cotenant"), None);
        for memory in ["sqlite::memory:", "sqlite://:memory:", "sqlite://", "sqlite://x?mode=memory"] {
            assert!(matches!(sqlite_path(memory), Err(RunnerError::InMemory)), "{memory}");
        }
    }
}
