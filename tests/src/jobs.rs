//! Jobs past all walls: how many are left to do, and some that were given up: what fails often enough takes its time.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use uuid::Uuid;

use crate::database::{FreshDatabase, Kind};

impl FreshDatabase {
    /// The present moment, as its clock has it.
    fn now(&self) -> &'static str {
        match self.kind {
            Kind::Postgres => "now()",
            Kind::Sqlite => "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        }
    }

    /// How many jobs, of tenants and of the platform, are due or were begun and have to be tried again.
    pub async fn jobs_to_do(&self) -> i64 {
        let now = self.now();
        let left = |table| {
            format!("(SELECT count(*) FROM {table} WHERE status = 'queued' AND (run_at <= {now} OR attempts > 0))")
        };
        let count = format!("SELECT {} + {}", left("jobs"), left("platform_jobs"));
        macro_rules! ask {
            ($connection:ty) => {{
                let mut connection = <$connection>::connect(&self.url).await.unwrap();
                let left = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                left
            }};
        }
        match self.kind {
            Kind::Postgres => ask!(PgConnection),
            Kind::Sqlite => ask!(SqliteConnection),
        }
    }

    /// Adds a job that was given up, of a tenant or (`None`) of the platform. Queued again, it finds nothing to do.
    pub async fn dead_job(&self, tenant: Option<&str>) -> String {
        let id = new_id();
        self.dead_job_with_id(tenant, id).await;
        id.to_string()
    }

    /// The same with an id.
    pub async fn dead_job_with_id(&self, tenant: Option<&str>, id: Uuid) {
        let write = |id: Uuid| match self.kind {
            Kind::Postgres => format!("'{id}'"),
            Kind::Sqlite => format!("x'{}'", id.simple()),
        };
        let (table, owner, owned, kind, field) = match tenant {
            Some(tenant) => {
                let tenant = write(tenant.parse().unwrap());
                ("jobs", "tenant_id, ", format!("{tenant}, "), "invitation.send", "invitation_id")
            }
            None => ("platform_jobs", "", String::new(), "password_reset.send", "password_reset_id"),
        };
        let at = "'2026-01-01T00:00:00.000000Z'";
        // Not so long ago that it would be purged.
        let ended = self.now();
        let insert = format!(
            "INSERT INTO {table} ({owner}id, kind, payload, status, run_at, lease, attempts, last_error, created_at, \
             finished_at) VALUES ({owned}{}, '{kind}', '{{\"{field}\":\"{id}\"}}', 'dead', {at}, 8, 8, 'away', {at}, {ended})",
            write(id)
        );
        macro_rules! run {
            ($connection:ty) => {{
                let mut connection = <$connection>::connect(&self.url).await.unwrap();
                connection.execute(AssertSqlSafe(insert)).await.unwrap();
                connection.close().await.unwrap();
            }};
        }
        match self.kind {
            Kind::Postgres => run!(PgConnection),
            Kind::Sqlite => run!(SqliteConnection),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an id that no other job has")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}
