//! One text for two databases.
//!
//! # Why SQL and not a builder
//!
//! Half of the schema is what builders do not know: policies, roles, grants, partial indexes, triggers. Written as SQL all
//! of it reads in one language and can be compared with what the database shows. The few types that differ are names in
//! braces.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Runs statements, each for itself: some databases built on PostgreSQL refuse several in one.
pub(crate) struct Dialect<'a> {
    manager: &'a SchemaManager<'a>,
}

impl<'a> Dialect<'a> {
    pub(crate) fn new(manager: &'a SchemaManager<'a>) -> Self {
        Self { manager }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.manager.get_database_backend() == DbBackend::Postgres
    }

    /// Runs a statement on either database.
    pub(crate) async fn both(&self, sql: &str) -> Result<(), DbErr> {
        let types: &[(&str, &str)] = if self.is_postgres() {
            &[
                ("{uuid}", "uuid"),
                ("{instant}", "timestamptz"),
                ("{bytes}", "bytea"),
                ("{nil}", "'00000000-0000-0000-0000-000000000000'"),
                // Folded texts compare and sort by code point on every database, whatever its locale.
                ("{folded}", "text COLLATE \"C\""),
            ]
        } else {
            &[
                ("{uuid}", "blob"),
                ("{instant}", "text"),
                ("{bytes}", "blob"),
                ("{nil}", "x'00000000000000000000000000000000'"),
                ("{folded}", "text"),
            ]
        };
        let sql = types.iter().fold(sql.to_owned(), |sql, (name, native)| sql.replace(name, native));
        self.manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }

    /// Runs a statement on PostgreSQL only.
    pub(crate) async fn postgres(&self, sql: &str) -> Result<(), DbErr> {
        if self.is_postgres() { self.both(sql).await } else { Ok(()) }
    }

    /// Runs a statement on SQLite only.
    pub(crate) async fn sqlite(&self, sql: &str) -> Result<(), DbErr> {
        if self.is_postgres() { Ok(()) } else { self.both(sql).await }
    }

    /// Builds PostgreSQL's wall around a table that tenants own: row-level security that binds the owner too, with one
    /// policy for reading and writing. `grants` is what the tenant's role may do.
    pub(crate) async fn tenant_wall(&self, table: &str, grants: &str) -> Result<(), DbErr> {
        self.wall(table).await?;
        let own = "tenant_id = NULLIF(current_setting('app.tenant_id', true), '')::uuid";
        self.postgres(&format!(
            "CREATE POLICY tenant_wall ON {table} TO cotenant_tenant USING ({own}) WITH CHECK ({own})"
        ))
        .await?;
        self.postgres(&format!("GRANT {grants} ON {table} TO cotenant_tenant")).await
    }

    /// Turns row-level security on for a table; without a policy nobody sees a row.
    pub(crate) async fn wall(&self, table: &str) -> Result<(), DbErr> {
        self.postgres(&format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")).await?;
        self.postgres(&format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")).await
    }

    /// Drops tables, last first.
    pub(crate) async fn drop_tables(&self, tables: &[&str]) -> Result<(), DbErr> {
        for table in tables.iter().rev() {
            self.both(&format!("DROP TABLE {table}")).await?;
        }
        Ok(())
    }
}
