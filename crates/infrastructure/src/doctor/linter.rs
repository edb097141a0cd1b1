use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr};

use super::{Check, Golden, rows};

/// The database cannot be reached, or its catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the database cannot be read")]
pub struct Unreadable(#[from] DbErr);

/// A connection that looks and changes nothing.
pub struct Linter {
    connection: DatabaseConnection,
}

impl Linter {
    /// Connects with the server's own address. A SQLite file that is not there is not made.
    ///
    /// # Errors
    ///
    /// [`Unreadable`].
    pub async fn connect(url: &str, patience: Duration) -> Result<Self, Unreadable> {
        let mut options = ConnectOptions::new(url.to_owned());
        options.min_connections(1).max_connections(1).sqlx_logging(false);
        options.connect_timeout(patience).acquire_timeout(patience);
        let connection = Database::connect(options).await?;
        // The catalogue writes names with their schema unless it is on the path, so the path is always the same.
        let settings: &[&str] = match connection.get_database_backend() {
            DbBackend::Postgres => {
                &["SET search_path = public", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"]
            }
            _ => &["PRAGMA query_only = ON"],
        };
        for setting in settings {
            connection.execute_unprepared(setting).await?;
        }
        Ok(Self { connection })
    }

    /// The database's own clock, in milliseconds since 1970; `None` where it has none but this machine's.
    ///
    /// # Errors
    ///
    /// [`Unreadable`].
    pub async fn clock(&self) -> Result<Option<i64>, Unreadable> {
        if self.connection.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let sql = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text";
        let rows = rows::<1>(&self.connection, sql).await?;
        Ok(rows.first().and_then(|[milliseconds]| milliseconds.parse().ok()))
    }

    /// Checks every rule of the schema.
    ///
    /// # Errors
    ///
    /// [`Unreadable`].
    pub async fn examine(&self, golden: &Golden) -> Result<Vec<Check>, Unreadable> {
        Ok(super::examine(&self.connection, golden).await?)
    }

    /// Closes the connection.
    ///
    /// # Errors
    ///
    /// [`Unreadable`].
    pub async fn close(self) -> Result<(), Unreadable> {
        Ok(self.connection.close().await?)
    }
}
