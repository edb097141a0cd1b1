//! How many jobs a worker does in a second, beside its database's own limit for the same statements; and how long a tenant
//! with one job waits while another has many.
//!
//! The jobs ask for invitations that are not there: each is read, looked into and ended, and nothing is sent.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use cotenant_bench::Outcome;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::by_hand;
use crate::database::{BenchDatabase, KEY, migrate};
use crate::servers::beside_this;
use crate::settings::Settings;

/// Tenants whose jobs are done in turns.
const TENANTS: u32 = 20;
/// Jobs of each in one round.
const EACH: u32 = 100;
/// What one tenant has queued while another waits for its one job.
pub(crate) const FLOOD: u32 = 100_000;
/// How often another waits.
pub(crate) const TRIES: usize = 40;

/// What was measured on one database.
pub(crate) struct Measured {
    pub(crate) on: &'static str,
    /// Jobs in a second: of the worker, and of the statements by hand; one pair for each round.
    pub(crate) rates: Vec<(f64, f64)>,
    /// How long one job waited until it was done, in milliseconds, with nobody beside.
    pub(crate) alone: Vec<f64>,
    /// The same beside a flood.
    pub(crate) beside: Vec<f64>,
    /// What was left of the flood at the end: it has to last.
    pub(crate) left: i64,
}

/// Measures both databases.
pub(crate) async fn measure(settings: &Settings) -> Outcome<Vec<Measured>> {
    let postgres = BenchDatabase::create("jobs", TENANTS, 1).await?;
    let on_postgres = Place::Postgres(postgres.url.clone()).measure(settings).await;
    postgres.drop().await?;
    let home = TempDir::new()?;
    let url = format!("sqlite://{}", home.path().join("bench.db").display());
    migrate(&url)?;
    let sqlite = Place::Sqlite(url);
    sqlite.run(&sqlite_tenants()).await?;
    Ok(vec![on_postgres?, sqlite.measure(settings).await?])
}

enum Place {
    Postgres(String),
    Sqlite(String),
}

impl Place {
    fn url(&self) -> &str {
        match self {
            Self::Postgres(url) | Self::Sqlite(url) => url,
        }
    }

    async fn run(&self, sql: &str) -> Outcome<()> {
        macro_rules! run {
            ($connection:ty) => {{
                let mut line = <$connection>::connect(self.url()).await?;
                line.execute(AssertSqlSafe(sql)).await?;
                line.close().await?;
            }};
        }
        match self {
            Self::Postgres(_) => run!(PgConnection),
            Self::Sqlite(_) => run!(SqliteConnection),
        }
        Ok(())
    }

    async fn line(&self) -> Outcome<Line> {
        Ok(match self {
            Self::Postgres(url) => Line::Postgres(PgConnection::connect(url).await?),
            Self::Sqlite(url) => Line::Sqlite(SqliteConnection::connect(url).await?),
        })
    }

    /// Jobs of the tenants with these numbers, so many of each, in turns.
    fn queue(&self, tenants: std::ops::RangeInclusive<u32>, each: u32) -> String {
        let (first, last) = (tenants.start(), tenants.end());
        let (id, now, numbers) = match self {
            Self::Postgres(_) => ("gen_random_uuid()", "now()", format!("generate_series(1, {each}) AS n(n)")),
            Self::Sqlite(_) => (
                "randomblob(16)",
                "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'",
                format!(
                    "(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {each}) SELECT n FROM n) AS n"
                ),
            ),
        };
        let about = r#"{"invitation_id":"00000000-0000-0000-0000-000000000001"}"#;
        format!(
            "INSERT INTO jobs (tenant_id, id, kind, payload, status, run_at, lease, attempts, created_at) \
             SELECT t.id, {id}, 'invitation.send', '{about}', 'queued', {now}, 0, 0, {now} FROM tenants t, {numbers} \
             WHERE CAST(substr(t.slug, 8) AS integer) BETWEEN {first} AND {last} ORDER BY n.n"
        )
    }

    async fn measure(&self, settings: &Settings) -> Outcome<Measured> {
        let all = self.queue(1..=TENANTS, EACH);
        let mut rates = Vec::new();
        for round in 0..=settings.rounds {
            let worker = Worker::start(self.url())?;
            self.one(2).await?;
            let by_worker = self.until_done(&all, None).await?;
            drop(worker);
            let by_hand = self.until_done(&all, Some(self.url())).await?;
            self.run("DELETE FROM jobs").await?;
            // The first round warms everything up.
            if round > 0 {
                rates.push((by_worker, by_hand));
            }
        }
        let _worker = Worker::start(self.url())?;
        self.one(2).await?;
        let alone = self.waits().await?;
        self.run(&self.queue(1..=1, FLOOD)).await?;
        if let Self::Postgres(_) = self {
            self.run("ANALYZE jobs").await?;
        }
        let beside = self.waits().await?;
        let left = self.line().await?.number("SELECT count(*) FROM jobs WHERE finished_at IS NULL").await?;
        let on = if matches!(self, Self::Postgres(_)) { "PostgreSQL" } else { "SQLite" };
        Ok(Measured { on, rates, alone, beside, left })
    }

    /// Queues jobs, and answers how many of them were done in a second: by the worker that runs, or by hand.
    async fn until_done(&self, queue: &str, by_hand: Option<&str>) -> Outcome<f64> {
        let mut line = self.line().await?;
        let began = Instant::now();
        self.run(queue).await?;
        match (self, by_hand) {
            (Self::Postgres(_), Some(url)) => by_hand::on_postgres(url).await?,
            (Self::Sqlite(_), Some(url)) => by_hand::on_sqlite(url).await?,
            (_, None) => {}
        }
        while line.number("SELECT count(*) FROM (SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1) AS rest").await?
            > 0
        {
            patient(began)?;
            sleep(Duration::from_millis(5)).await;
        }
        Ok(f64::from(TENANTS * EACH) / began.elapsed().as_secs_f64())
    }

    async fn waits(&self) -> Outcome<Vec<f64>> {
        let mut waits = Vec::new();
        for _ in 0..TRIES {
            waits.push(self.one(2).await?.as_secs_f64() * 1e3);
        }
        waits.sort_by(f64::total_cmp);
        Ok(waits)
    }

    /// Queues one job of a tenant; how long it takes until it is done.
    async fn one(&self, tenant: u32) -> Outcome<Duration> {
        let (queue, mut line) = (self.queue(tenant..=tenant, 1), self.line().await?);
        let waits = format!(
            "SELECT count(*) FROM jobs WHERE finished_at IS NULL \
             AND tenant_id = (SELECT id FROM tenants WHERE slug = 'tenant-{tenant}')"
        );
        self.run(&queue).await?;
        let began = Instant::now();
        while line.number(&waits).await? > 0 {
            patient(began)?;
            sleep(Duration::from_millis(1)).await;
        }
        Ok(began.elapsed())
    }
}

fn patient(began: Instant) -> Outcome<()> {
    if began.elapsed() < Duration::from_secs(120) { Ok(()) } else { Err("jobs are not done within two minutes".into()) }
}

fn sqlite_tenants() -> String {
    let at = "'2026-01-01T00:00:00.000000Z'";
    format!(
        "INSERT INTO tenants (id, slug, slug_key, name, name_key, status, epoch, access_version, created_at, updated_at, version) \
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {TENANTS}) \
         SELECT randomblob(16), 'tenant-' || n, 'tenant-' || n, 'Tenant ' || n, 'tenant ' || n, 'active', 1, 1, {at}, {at}, 1 FROM n"
    )
}

/// A connection that stays.
enum Line {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Line {
    async fn number(&mut self, sql: &str) -> Outcome<i64> {
        Ok(match self {
            Self::Postgres(line) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(line).await?,
            Self::Sqlite(line) => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(line).await?,
        })
    }
}

/// A worker in a process of its own, as in production; it ends with this.
struct Worker {
    process: Child,
    _home: TempDir,
}

impl Worker {
    fn start(database: &str) -> Outcome<Self> {
        let home = TempDir::new()?;
        let log = File::create(home.path().join("log"))?;
        let mut command = beside_this("cotenant")?;
        command
            .arg("worker")
            .envs([
                ("COTENANT_ENV", "production"),
                ("COTENANT__DATABASE__URL", database),
                ("COTENANT__AUTH__SIGNING_KEY", KEY),
                ("COTENANT__SERVER__ALLOWED_ORIGINS", "https://app.example"),
                ("COTENANT__MAIL__DIRECTORY", "mail"),
                // What is queued by SQL is found by looking.
                ("COTENANT__JOBS__POLL_MS", "20"),
            ])
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self { process: command.spawn()?, _home: home })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("a worker was not stopped: {error}");
        }
    }
}
