//! The database's own limit: what a worker asks of it, statement for statement, by a loop that does nothing else.

use std::rc::Rc;

use actix_web::rt::spawn;
use cotenant_bench::Outcome;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use time::{Duration, OffsetDateTime};
use tokio::sync::Mutex;
use uuid::Uuid;

/// As many as a worker has by default.
const HANDS: usize = 8;
/// Of one tenant at its turn: a quarter of the hands.
const TURN: usize = 2;

/// What is leased and not begun, and the tenant that was last.
#[derive(Default)]
struct Queue {
    jobs: Vec<(Uuid, Uuid, i64)>,
    after: Uuid,
}

const DUE: &str =
    "status = 'queued' AND finished_at IS NULL AND run_at <= $1 AND (leased_until IS NULL OR leased_until <= $1)";

#[expect(clippy::disallowed_methods, reason = "the clock of a program that measures")]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// How a database begins its transactions: as the dispatcher, reading in a tenant, writing in a tenant; and how it locks.
struct Dialect {
    dispatcher: &'static str,
    reads: fn(Uuid) -> String,
    writes: fn(Uuid) -> String,
    skip: &'static str,
    lock: &'static str,
}

const POSTGRES: Dialect = Dialect {
    dispatcher: "BEGIN; SET LOCAL ROLE cotenant_dispatcher; SET LOCAL app.tenant_id = ''; SET LOCAL app.person_id = ''",
    reads: |tenant| {
        format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL ROLE cotenant_tenant; SET LOCAL app.tenant_id = '{tenant}'"
        )
    },
    writes: |tenant| format!("BEGIN; SET LOCAL ROLE cotenant_tenant; SET LOCAL app.tenant_id = '{tenant}'"),
    skip: " FOR UPDATE SKIP LOCKED",
    lock: " FOR UPDATE",
};

const SQLITE: Dialect = Dialect {
    dispatcher: "BEGIN IMMEDIATE",
    reads: |_| "BEGIN".to_owned(),
    writes: |_| "BEGIN IMMEDIATE".to_owned(),
    skip: "",
    lock: "",
};

macro_rules! by_hand {
    ($name:ident, $connection:ty, $dialect:expr) => {
        mod $name {
            use super::*;

            /// Leases what the hands can take: of the platform, and of the tenants in turn.
            pub(super) async fn claim(line: &mut $connection, queue: &mut Queue) -> Outcome<()> {
                let (now, dialect) = (now(), $dialect);
                line.execute(dialect.dispatcher).await?;
                let platform = format!(
                    "SELECT id, lease FROM platform_jobs WHERE {DUE} ORDER BY priority, run_at, id LIMIT 2{}",
                    dialect.skip
                );
                sqlx::query(AssertSqlSafe(platform)).bind(now).fetch_all(&mut *line).await?;
                line.execute("COMMIT").await?;
                line.execute(dialect.dispatcher).await?;
                let next = format!(
                    "SELECT tenant_id FROM jobs WHERE {DUE} AND tenant_id > $2 ORDER BY tenant_id, priority, run_at LIMIT 1"
                );
                let take = format!(
                    "SELECT id, lease FROM jobs WHERE {DUE} AND tenant_id = $2 ORDER BY priority, run_at, id LIMIT 2{}",
                    dialect.skip
                );
                let mut round = false;
                while queue.jobs.len() < HANDS {
                    let next = sqlx::query_scalar(AssertSqlSafe(next.clone())).bind(now).bind(queue.after);
                    let Some(tenant) = next.fetch_optional(&mut *line).await? else {
                        if round {
                            break;
                        }
                        (round, queue.after) = (true, Uuid::nil());
                        continue;
                    };
                    let in_use = "SELECT id FROM tenants WHERE id >= $1 AND status = 'active' \
                                  AND (expires_at IS NULL OR expires_at > $2) ORDER BY id LIMIT 1";
                    sqlx::query(in_use).bind(tenant).bind(now).fetch_optional(&mut *line).await?;
                    let in_hand = "SELECT count(*) FROM jobs WHERE tenant_id = $1 AND leased_until > $2";
                    sqlx::query(in_hand).bind(tenant).bind(now).fetch_one(&mut *line).await?;
                    let take = sqlx::query_as(AssertSqlSafe(take.clone())).bind(now).bind(tenant);
                    let taken: Vec<(Uuid, i64)> = take.fetch_all(&mut *line).await?;
                    let (Some(first), Some(last)) = (taken.first(), taken.last()) else { continue };
                    let lease = "UPDATE jobs SET leased_until = $1, lease = lease + 1, attempts = attempts + 1 \
                                 WHERE tenant_id = $2 AND id IN ($3, $4)";
                    let lease = sqlx::query(lease).bind(now + Duration::MINUTE).bind(tenant);
                    lease.bind(first.0).bind(last.0).execute(&mut *line).await?;
                    queue.jobs.extend(taken.iter().take(TURN).map(|(id, lease)| (tenant, *id, lease + 1)));
                    queue.after = tenant;
                }
                line.execute("COMMIT").await?;
                Ok(())
            }

            /// Reads a job with the state of its tenant.
            pub(super) async fn look(line: &mut $connection, tenant: Uuid, id: Uuid) -> Outcome<()> {
                line.execute(AssertSqlSafe(($dialect.reads)(tenant))).await?;
                sqlx::query("SELECT * FROM tenants WHERE id = $1").bind(tenant).fetch_one(&mut *line).await?;
                let job = "SELECT * FROM jobs WHERE tenant_id = $1 AND id = $2";
                sqlx::query(job).bind(tenant).bind(id).fetch_one(&mut *line).await?;
                line.execute("ROLLBACK").await?;
                Ok(())
            }

            /// Looks for what the job is about, and finds nothing.
            pub(super) async fn handle(line: &mut $connection, tenant: Uuid) -> Outcome<()> {
                line.execute(AssertSqlSafe(($dialect.writes)(tenant))).await?;
                let about = format!("SELECT * FROM invitations WHERE tenant_id = $1 AND id = $2{}", $dialect.lock);
                sqlx::query(AssertSqlSafe(about)).bind(tenant).bind(Uuid::max()).fetch_optional(&mut *line).await?;
                line.execute("ROLLBACK").await?;
                Ok(())
            }

            /// Ends the job.
            pub(super) async fn end(line: &mut $connection, (tenant, id, lease): (Uuid, Uuid, i64)) -> Outcome<()> {
                line.execute(AssertSqlSafe(($dialect.writes)(tenant))).await?;
                let end = "UPDATE jobs SET leased_until = NULL, status = 'done', finished_at = $1 WHERE tenant_id = $2 \
                           AND id = $3 AND status = 'queued' AND lease = $4 AND leased_until IS NOT NULL";
                let end = sqlx::query(end).bind(now()).bind(tenant).bind(id).bind(lease);
                let ended = end.execute(&mut *line).await?.rows_affected();
                line.execute("COMMIT").await?;
                if ended == 1 { Ok(()) } else { Err("a job was not ended".into()) }
            }
        }
    };
}

by_hand!(postgres, PgConnection, POSTGRES);
by_hand!(sqlite, SqliteConnection, SQLITE);

/// Does all jobs that are due, by as many connections as a worker has hands.
pub(crate) async fn on_postgres(url: &str) -> Outcome<()> {
    let (queue, mut hands) = (Rc::new(Mutex::new(Queue::default())), Vec::new());
    for _ in 0..HANDS {
        let (queue, mut line) = (queue.clone(), PgConnection::connect(url).await?);
        hands.push(spawn(async move {
            loop {
                let mut jobs = queue.lock().await;
                if jobs.jobs.is_empty() {
                    postgres::claim(&mut line, &mut jobs).await?;
                }
                let Some(job) = jobs.jobs.pop() else { return Outcome::Ok(()) };
                drop(jobs);
                postgres::look(&mut line, job.0, job.1).await?;
                postgres::handle(&mut line, job.0).await?;
                postgres::end(&mut line, job).await?;
            }
        }));
    }
    for hand in hands {
        hand.await??;
    }
    Ok(())
}

/// The same: each has a connection that reads, and all have one that writes.
pub(crate) async fn on_sqlite(url: &str) -> Outcome<()> {
    let (queue, mut hands) = (Rc::new(Mutex::new(Queue::default())), Vec::new());
    let mut writer = SqliteConnection::connect(url).await?;
    writer.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL").await?;
    let writer = Rc::new(Mutex::new(writer));
    for _ in 0..HANDS {
        let (queue, writer, mut reader) = (queue.clone(), writer.clone(), SqliteConnection::connect(url).await?);
        hands.push(spawn(async move {
            loop {
                let mut jobs = queue.lock().await;
                if jobs.jobs.is_empty() {
                    sqlite::claim(&mut *writer.lock().await, &mut jobs).await?;
                }
                let Some(job) = jobs.jobs.pop() else { return Outcome::Ok(()) };
                drop(jobs);
                sqlite::look(&mut reader, job.0, job.1).await?;
                sqlite::handle(&mut *writer.lock().await, job.0).await?;
                sqlite::end(&mut *writer.lock().await, job).await?;
            }
        }));
    }
    for hand in hands {
        hand.await??;
    }
    Ok(())
}
