//! What a claim asks of the database: how many statements, however many tenants are not in use, and each by an index.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration as StdDuration;

use cotenant_domain::jobs::{Claim, JobDispatcher, JobStatus, Leased, purge};
use cotenant_domain::shared::Clock;
use cotenant_infrastructure::{DatabaseOptions, ScopedDatabase, SeaDatabase, SystemClock};
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::{FreshDatabase, Kind, on_both_databases};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

on_both_databases! {
    a_claim_passes_over_so_many_tenants_that_are_not_in_use_and_the_next_goes_on;
    each_statement_of_a_worker_uses_its_index;
}

const LONG_AGO: &str = "'2026-01-01T00:00:00.000000Z'";

/// Runs statements past all walls.
async fn run(database: &FreshDatabase, statements: &[String]) {
    macro_rules! run {
        ($connection:ty) => {{
            let mut line = <$connection>::connect(&database.url).await.unwrap();
            for sql in statements {
                line.execute(AssertSqlSafe(sql.clone())).await.unwrap();
            }
            line.close().await.unwrap();
        }};
    }
    match database.kind {
        Kind::Postgres => run!(PgConnection),
        Kind::Sqlite => run!(SqliteConnection),
    }
}

/// A fresh id, and a row for each number up to `count`.
fn numbered(database: &FreshDatabase, count: u32) -> (&'static str, String) {
    let id = if database.kind == Kind::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    (id, format!("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"))
}

/// Tenants; those with a number above `in_use` have expired long ago.
fn tenants(database: &FreshDatabase, count: u32, in_use: u32) -> String {
    let (id, numbers) = numbered(database, count);
    let instant = if database.kind == Kind::Postgres { "timestamptz" } else { "text" };
    format!(
        "INSERT INTO tenants (id, slug, slug_key, name, name_key, status, epoch, access_version, created_at, updated_at, \
         version, expires_at) {numbers} SELECT {id}, 't-' || n, 't-' || n, 'T ' || n, 't ' || n, 'active', 1, 1, \
         {LONG_AGO}, {LONG_AGO}, 1, CASE WHEN n > {in_use} THEN CAST({LONG_AGO} AS {instant}) END FROM n"
    )
}

/// So many jobs of every tenant, and a hundred times as many at the platform.
fn jobs(database: &FreshDatabase, count: u32, columns: &str, values: &str) -> [String; 2] {
    let ((id, numbers), (_, more)) = (numbered(database, count), numbered(database, 100 * count));
    let what = format!("{id}, 'a.job', '{{}}', 0, 0, {LONG_AGO}, {values}");
    let into = format!("id, kind, payload, lease, attempts, created_at, {columns}");
    [
        format!("INSERT INTO jobs (tenant_id, {into}) {numbers} SELECT tenants.id, {what} FROM n, tenants"),
        format!("INSERT INTO platform_jobs ({into}) {more} SELECT {what} FROM n"),
    ]
}

fn claim(most: u32) -> Claim {
    let now = SystemClock.now();
    Claim { now, until: now + Duration::MINUTE, most, turn: 5, in_hand: 100 }
}

async fn a_claim_passes_over_so_many_tenants_that_are_not_in_use_and_the_next_goes_on(database: FreshDatabase) {
    let (parked, in_use) = (200, 20);
    let [due, _] = jobs(&database, 1, "status, run_at", &format!("'queued', {LONG_AGO}"));
    run(&database, &[tenants(&database, parked + in_use, in_use), due]).await;
    let scoped = database.connect();
    let dispatcher = SeaDatabase::new(scoped.clone());
    let (mut after, mut served, mut claims) = (None, BTreeSet::new(), 0);
    while served.len() < in_use as usize {
        let before = scoped.meter().statements();
        let round = dispatcher.lease(&claim(100), after).await.unwrap();
        let (asked, leased) = (scoped.meter().statements() - before, round.leased.len() as u64);
        // Each that is passed over costs two, each that is served five; and who is next, once more at the end of the circle.
        assert!(asked <= 2 * 32 + 5 * leased + 3, "{asked} statements for {leased} jobs");
        assert!(round.cut || served.len() + round.leased.len() == in_use as usize, "{round:?}");
        served.extend(round.leased.iter().map(|envelope| envelope.tenant_id));
        after = round.at;
        claims += 1;
        assert!(claims <= 8, "{} of {in_use} in {claims} claims", served.len());
    }
    // One who comes back has a job at once, wherever the circle is.
    run(&database, &["UPDATE tenants SET expires_at = NULL".to_owned()]).await;
    let mut back = 0;
    for _ in 0..3 {
        let round = dispatcher.lease(&claim(100), after).await.unwrap();
        (after, back) = (round.at, back + round.leased.len());
    }
    assert_eq!(back, parked as usize);
}

/// Keeps the text of each statement that goes to the database, which tells of those that are slow, and here all are.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<String>>>);

impl Visit for Listener {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            self.0.lock().unwrap().push(value.to_owned());
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "cotenant::slow_query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// How the database would do a statement, whatever its values.
async fn plan(database: &FreshDatabase, sql: &str) -> String {
    let lines: Vec<String> = match database.kind {
        Kind::Postgres => {
            let mut line = PgConnection::connect(&database.url).await.unwrap();
            let values = (1..2_000).take_while(|n| sql.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>();
            let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
            line.execute("SET plan_cache_mode = force_generic_plan; SET ROLE cotenant_dispatcher").await.unwrap();
            line.execute(AssertSqlSafe(format!("PREPARE one AS {sql}"))).await.unwrap();
            let explained = AssertSqlSafe(format!("EXPLAIN EXECUTE one{values}"));
            line.fetch_all(explained).await.unwrap().iter().map(|row| row.get(0)).collect()
        }
        Kind::Sqlite => {
            let mut line = SqliteConnection::connect(&database.url).await.unwrap();
            let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            line.fetch_all(explained).await.unwrap().iter().map(|row| row.get("detail")).collect()
        }
    };
    lines.join("\n")
}

/// By which jobs are found.
const INDEXES: [&str; 5] = ["jobs_next", "jobs_in_hand", "jobs_done", "platform_jobs_next", "platform_jobs_done"];

async fn each_statement_of_a_worker_uses_its_index(database: FreshDatabase) {
    let scoped = ScopedDatabase::connect(&DatabaseOptions { slow: StdDuration::ZERO, ..database.options() }).unwrap();
    let world = World::bootstrap_over(Adapters::over(SeaDatabase::new(scoped))).await;
    let done = jobs(&database, 200, "status, run_at, finished_at", &format!("'done', {LONG_AGO}, {LONG_AGO}"));
    let delayed = jobs(&database, 50, "status, run_at", "'queued', '2099-01-01T00:00:00.000000Z'");
    let due = jobs(&database, 5, "status, run_at", &format!("'queued', {LONG_AGO}"));
    let mut fill = vec![tenants(&database, 60, 50)];
    fill.extend(done.into_iter().chain(delayed).chain(due));
    if database.kind == Kind::Postgres {
        // As its autovacuum does. Nobody does it on SQLite.
        fill.push("ANALYZE".to_owned());
    }
    run(&database, &fill).await;

    let (heard, dispatcher) = (Listener::default(), world.deps.db.dispatcher());
    let listening = tracing::subscriber::set_default(heard.clone());
    let first = dispatcher.lease(&claim(3), None).await.unwrap();
    let second = dispatcher.lease(&claim(3), first.at).await.unwrap();
    let platform = dispatcher.lease_at_platform(&claim(3)).await.unwrap();
    let held: Vec<_> = second.leased.iter().copied().map(Leased::Tenant).collect();
    let held: Vec<_> = held.into_iter().chain(platform.iter().copied().map(Leased::Platform)).collect();
    assert!(held.len() >= 4, "{held:?}");
    dispatcher.renew(&held, SystemClock.now()).await.unwrap();
    dispatcher.hand_back(&held).await.unwrap();
    assert!(purge(&world.deps, JobStatus::Done, SystemClock.now()).await.unwrap() > 500);
    drop(listening);

    let statements: BTreeSet<String> = heard.0.lock().unwrap().iter().cloned().collect();
    let (mut indexes, mut walked) = (BTreeSet::new(), Vec::new());
    for sql in &statements {
        let plan = plan(&database, sql).await;
        for table in ["jobs", "platform_jobs", "tenants"] {
            let walks = match database.kind {
                Kind::Postgres => plan.contains(&format!("Seq Scan on {table}")),
                Kind::Sqlite => plan.lines().any(|line| line == format!("SCAN {table}")),
            };
            // Of tenants there may be so few that they are read from end to end.
            assert!(!walks || table == "tenants", "{sql}\n{plan}");
        }
        // Nothing that waits is sorted before the first is known. PostgreSQL knows how much there is, and sorts what is little.
        assert!(database.kind == Kind::Postgres || !plan.contains("TEMP B-TREE"), "{sql}\n{plan}");
        // Along an index from its beginning goes who looks for the first of all: a claim at the platform, and one in the tenants
        // that begins with the first. All others begin at a tenant, a status or a row.
        walked
            .extend(plan.lines().filter(|line| line.starts_with("SCAN ") && line.contains("jobs")).map(str::to_owned));
        for index in INDEXES {
            let named = plan.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == index);
            indexes.extend(named.then_some(index));
        }
    }
    assert!(statements.len() >= 10, "{statements:#?}");
    for index in INDEXES {
        assert!(indexes.contains(index), "nothing is found by {index}: {indexes:?}");
    }
    walked.sort();
    let first_of_all = ["SCAN jobs USING INDEX jobs_next", "SCAN platform_jobs USING INDEX platform_jobs_next"];
    assert!(database.kind == Kind::Postgres || walked == first_of_all, "{walked:#?}");
}
