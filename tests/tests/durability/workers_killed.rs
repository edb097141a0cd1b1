//! Workers are killed, and put to sleep, while they are at jobs whose effects are in the database: each is there once.

use std::time::Duration;

use cotenant_domain::jobs::{JobId, NewJob};
use cotenant_domain::tenancy::StoresCreate;
use cotenant_testkit::World;
use cotenant_testkit::world::Adapters;
use cotenant_tests::program::Served;
use cotenant_tests::server::SIGNING_KEY;
use cotenant_tests::tally::{ProductToTally, Tally};
use cotenant_tests::{Dice, FreshDatabase, Kind, Program, on_both_databases, prove};
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};

on_both_databases! {
    each_effect_happens_once_though_workers_are_killed;
}

const CHECK: &str = "kill -9 of workers";

/// How long a lease lasts here.
const LEASE: Duration = Duration::from_secs(1);

/// How many jobs are written at once.
const AT_ONCE: u64 = 500;

// Attacks: 39.
async fn each_effect_happens_once_though_workers_are_killed(database: FreshDatabase) {
    let jobs = prove::times(300, 20_000);
    queue(&database, jobs).await;
    let program = Program::new(env!("CARGO_BIN_EXE_cotenant-tally-worker"))
        .with("COTENANT_ENV", "test")
        .with("COTENANT__DATABASE__URL", &database.url)
        .with("COTENANT__AUTH__SIGNING_KEY", SIGNING_KEY)
        .with("COTENANT__JOBS__POLL_MS", "20")
        .with("COTENANT__JOBS__LEASE_SECONDS", "1")
        .with("COTENANT__JOBS__TENANT_IN_HAND", "1000")
        // More than there are kills: a job that is met each time shall not be given up for it.
        .with("COTENANT__JOBS__MAX_ATTEMPTS", "100");
    // A file of SQLite has one process.
    let beside = if database.kind == Kind::Postgres { 3 } else { 1 };
    let start = || program.begin(&[]);
    let mut workers: Vec<Served> = (0..beside).map(|_| start()).collect();
    // On SQLite one that sleeps in a transaction would stop the writer of all.
    let pauses_wanted = if beside > 1 { prove::times(1, 10) } else { 0 };
    let (mut dice, mut kills, mut pauses) = (Dice::seeded(prove::seed(CHECK)), 0, 0);
    let mut seen = Seen::of(&database).await;
    while seen.queued > 0 {
        assert!(seen.dead == 0, "{seen:?}");
        let more = seen.done + 1 + dice.roll((jobs / 20).max(2));
        seen = until(&database, more.min(jobs)).await;
        if seen.queued > 0 && (kills < prove::times(6, 60) || seen.taken_over == 0) {
            let unlucky = workers.swap_remove(dice.roll(beside) as usize);
            unlucky.kill();
            kills += 1;
            workers.push(start());
        }
        if pauses < pauses_wanted && seen.queued > 0 {
            // Longer than its leases: others take its jobs over, and when it wakes its ends are refused.
            let sleeper = &workers[dice.roll(beside) as usize];
            sleeper.pause();
            tokio::time::sleep(LEASE * 3 / 2).await;
            sleeper.resume();
            pauses += 1;
        }
    }
    for worker in workers {
        worker.terminate();
        let ended = worker.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let seen = Seen::of(&database).await;
    assert_eq!((seen.done, seen.queued, seen.dead, seen.in_hand), (jobs, 0, 0, 0), "{seen:?}");
    assert_eq!((seen.effects, seen.products_with_one), (jobs, jobs), "each product was counted up once: {seen:?}");
    assert!(seen.taken_over > 0 && kills > 0, "no job was taken over: {seen:?}");
    let told = [
        ("jobs", jobs),
        ("kills", kills),
        ("pauses", pauses),
        ("taken over", seen.taken_over),
        ("effects", seen.effects),
        ("effects lost or doubled", 0),
    ];
    prove::figures(CHECK, &format!("{:?}", database.kind), &told);
}

/// So many products, and for each a job that counts it up.
async fn queue(database: &FreshDatabase, jobs: u64) {
    let world = World::bootstrap_over(Adapters::over(database.adapters())).await;
    let owner = world.owner().await;
    let store = world.store(&owner, "TALLY").await;
    for begin in (0..jobs).step_by(AT_ONCE as usize) {
        let unit = world.deps.db.write(&owner.authorize(StoresCreate).unwrap()).await.unwrap();
        for n in begin..(begin + AT_ONCE).min(jobs) {
            let mut product = world.new_product(&store, &format!("SKU-{n}"));
            product.stock = 0;
            unit.products().insert(&product).await.unwrap();
            let about = ProductToTally { store_id: store.base.id, product_id: product.base.id };
            let id = JobId::new(world.deps.ids.next());
            let job = NewJob::of::<Tally>(id, &about, world.deps.clock.now());
            assert!(unit.jobs().enqueue(job).await.unwrap());
        }
        unit.commit().await.unwrap();
    }
}

/// Waits until so many jobs are done.
async fn until(database: &FreshDatabase, done: u64) -> Seen {
    let began = std::time::Instant::now();
    loop {
        let seen = Seen::of(database).await;
        if seen.done >= done {
            return seen;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "not {done} within two minutes: {seen:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// What the database holds, read past every layer.
#[derive(Debug, Clone, Copy)]
struct Seen {
    done: u64,
    queued: u64,
    dead: u64,
    in_hand: u64,
    taken_over: u64,
    effects: u64,
    products_with_one: u64,
}

impl Seen {
    async fn of(database: &FreshDatabase) -> Self {
        let count = |table: &str, when: &str| format!("(SELECT count(*) FROM {table} WHERE {when})");
        let of_jobs =
            ["status = 'done'", "status = 'queued'", "status = 'dead'", "leased_until IS NOT NULL", "lease > 1"];
        let mut columns: Vec<_> =
            of_jobs.map(|when| count("jobs", &format!("kind = 'product.tally' AND {when}"))).into();
        columns.push("CAST((SELECT coalesce(sum(stock), 0) FROM products) AS bigint)".to_owned());
        columns.push(count("products", "stock = 1"));
        let sql = sqlx::AssertSqlSafe(format!("SELECT {}", columns.join(", ")));
        macro_rules! read {
            ($connection:ty) => {{
                let mut connection = <$connection>::connect(&database.url).await.unwrap();
                let row = connection.fetch_one(sql).await.unwrap();
                connection.close().await.unwrap();
                let column = |n: usize| row.get::<i64, _>(n) as u64;
                Self {
                    done: column(0),
                    queued: column(1),
                    dead: column(2),
                    in_hand: column(3),
                    taken_over: column(4),
                    effects: column(5),
                    products_with_one: column(6),
                }
            }};
        }
        match database.kind {
            Kind::Sqlite => read!(SqliteConnection),
            Kind::Postgres => read!(PgConnection),
        }
    }
}
