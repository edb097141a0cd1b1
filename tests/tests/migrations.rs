//! The schema's way up, down and up again, with data, on both databases; and who may start on which schema.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use std::collections::BTreeSet;
use std::thread;

use cotenant_migration::{Migrator, MigratorTrait, Runner, SchemaState};
use cotenant_server::{Failure, start};
use cotenant_tests::server::configuration;
use cotenant_tests::{FreshDatabase, Kind, TestServer, on_both_databases};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};

on_both_databases! {
    everything_goes_down_with_its_data_and_up_again;
    each_step_goes_down_and_up_over_the_data_of_those_before_it;
    the_standing_says_whether_the_program_fits;
    a_server_starts_behind_only_when_it_may_migrate;
    a_server_never_starts_on_a_newer_schema;
}

fn names() -> Vec<String> {
    Migrator::get_migration_files().iter().map(|file| file.name().to_owned()).collect()
}

#[test]
fn names_are_unique_and_in_the_order_of_their_times() {
    let names = names();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    for name in &names {
        let (time, what) = name.split_at("m20261123_000100_".len());
        let digits = time.bytes().filter(u8::is_ascii_digit).count();
        assert!(time.starts_with('m') && time.ends_with('_') && digits == 14 && !what.is_empty(), "{name}");
    }
}

#[test]
fn every_file_of_the_source_tree_is_in_the_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migration/src");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|file| file.starts_with("m2"))
        .map(|file| file.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(files, names().into_iter().collect());
}

/// Runs a statement as the schema's owner; the first column of its first row.
async fn sql(database: &FreshDatabase, statement: &str) -> Option<i64> {
    let statement = AssertSqlSafe(statement.to_owned());
    match database.kind {
        Kind::Postgres => {
            let mut connection = PgConnection::connect(&database.url).await.unwrap();
            let row = connection.fetch_optional(statement).await.unwrap().map(|row| row.get(0));
            connection.close().await.unwrap();
            row
        }
        Kind::Sqlite => {
            let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
            let row = connection.fetch_optional(statement).await.unwrap().map(|row| row.get(0));
            connection.close().await.unwrap();
            row
        }
    }
}

/// How many tables, views, indexes, triggers, policies and functions there are beside the migrator's own table.
async fn things(database: &FreshDatabase) -> i64 {
    let count = match database.kind {
        Kind::Postgres => {
            "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'i' \
                     AND relname NOT LIKE 'seaql_migrations%') \
                  + (SELECT count(*) FROM pg_policies WHERE schemaname = 'public') \
                  + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace) \
                  + (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd'))"
        }
        Kind::Sqlite => {
            "SELECT count(*) FROM sqlite_master WHERE name NOT LIKE 'seaql_migrations%' \
             AND tbl_name NOT LIKE 'seaql_migrations%' AND name NOT LIKE 'sqlite_%'"
        }
    };
    sql(database, count).await.unwrap()
}

/// Has a server make data in every corner of the schema.
async fn fill(database: FreshDatabase) -> FreshDatabase {
    let server = TestServer::start(database).await;
    if server.mail.exists() {
        // What an earlier server sent would be found first, and opens nothing any more.
        std::fs::remove_dir_all(&server.mail).unwrap();
    }
    let owner = server.bootstrap("acme").await;
    let store = owner.post("/api/v1/stores", json!({ "name": "Town", "code": "T1", "currency": "KES" })).await;
    let product = json!({ "sku": "TEA", "name": "Tea", "price_minor": 100, "currency": "KES", "stock": 1 });
    let product = owner.post(&format!("/api/v1/stores/{}/products", store.id()), product).await;
    assert_eq!(product.status, StatusCode::CREATED, "{product:?}");
    let role = owner.post("/api/v1/roles", json!({ "name": "Clerk", "permissions": ["stores.read"] })).await;
    let clerk = server.member(&owner, "acme", "clerk@acme.example", &[]).await;
    let me = clerk.get("/api/v1/auth/me").await;
    let user = me.body["user"]["id"].as_str().unwrap();
    let grant = format!("/api/v1/members/{user}/roles/{}?store_id={}", role.id(), store.id());
    assert_eq!(owner.put(&grant).await.status, StatusCode::OK);
    server.operator().await;
    server.stop().await
}

/// A job of each status in both queues, with whatever a job can have.
async fn fill_queues(database: &FreshDatabase) {
    let id = if database.kind == Kind::Postgres { "gen_random_uuid()" } else { "randomblob(16)" };
    let at = "'2026-01-01T00:00:00.000000Z'";
    for (table, owner, tenant) in [("jobs", "tenant_id, ", "tenants.id, "), ("platform_jobs", "", "")] {
        for (status, ended) in [("queued", "NULL"), ("done", at), ("dead", at)] {
            let from = if owner.is_empty() { "" } else { " FROM tenants" };
            let insert = format!(
                "INSERT INTO {table} ({owner}id, kind, payload, status, run_at, lease, attempts, created_at, priority, \
                 unique_key, unknown_since, finished_at) SELECT {tenant}{id}, 'a.job', '{{}}', '{status}', {at}, 1, 1, {at}, \
                 2, '{status}', {at}, {ended}{from}"
            );
            sql(database, &insert).await;
        }
    }
}

async fn everything_goes_down_with_its_data_and_up_again(database: FreshDatabase) {
    let whole = things(&database).await;
    assert!(whole > 30, "{whole} things are no schema");
    let database = fill(database).await;
    assert_eq!(sql(&database, "SELECT count(*) FROM users").await, Some(2));
    let all = names();
    let runner = Runner::connect(&database.url).await.unwrap();
    let taken_back = runner.down(all.len() as u32).await.unwrap();
    assert_eq!(taken_back, all.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(things(&database).await, 0, "everything is taken back");
    assert_eq!(runner.state().await.unwrap(), SchemaState::Behind(all.clone()));
    assert!(runner.steps().await.unwrap().iter().all(|step| step.applied_at.is_none()));
    assert_eq!(runner.up(None).await.unwrap(), all);
    assert_eq!(runner.up(None).await.unwrap(), Vec::<String>::new(), "a second time there is nothing to do");
    assert_eq!(things(&database).await, whole, "the same schema as before");
    assert_eq!(sql(&database, "SELECT count(*) FROM users").await, Some(0));
    runner.close().await.unwrap();
    fill(database).await;
}

async fn each_step_goes_down_and_up_over_the_data_of_those_before_it(database: FreshDatabase) {
    let database = fill(database).await;
    fill_queues(&database).await;
    let all = names();
    let runner = Runner::connect(&database.url).await.unwrap();
    for position in (0..all.len()).rev() {
        let here = vec![all[position].clone()];
        let before = things(&database).await;
        assert_eq!(runner.down(1).await.unwrap(), here);
        assert_eq!(runner.state().await.unwrap(), SchemaState::Behind(all[position..].to_vec()));
        assert_eq!(runner.up(Some(1)).await.unwrap(), here, "one step and no more");
        assert_eq!(things(&database).await, before, "{here:?} comes back as it was");
        assert_eq!(runner.down(1).await.unwrap(), here);
        // Whoever comes before has kept what it had.
        let kept = [
            ("_people", "users", 2),
            ("_platform", "tenants", 1),
            ("_stores", "stores", 1),
            ("_001000_jobs", "jobs WHERE kind = 'a.job'", 3),
            ("_platform_jobs", "platform_jobs WHERE kind = 'a.job'", 3),
            ("_001000_jobs", "jobs WHERE kind = 'a.job' AND status = 'queued' AND finished_at IS NULL", 1),
        ];
        for (since, table, rows) in kept {
            let made = all.iter().position(|name| name.ends_with(since)).unwrap();
            if made < position {
                assert_eq!(sql(&database, &format!("SELECT count(*) FROM {table}")).await, Some(rows), "{table}");
            }
        }
    }
    assert_eq!(things(&database).await, 0);
    for name in &all {
        assert_eq!(runner.up(Some(1)).await.unwrap(), std::slice::from_ref(name));
    }
    assert_eq!(runner.state().await.unwrap(), SchemaState::Current);
    runner.close().await.unwrap();
    fill(database).await;
}

/// A migration of the future.
const FUTURE: &str = "m20991231_235959_moon";

async fn come_from_the_future(database: &FreshDatabase) {
    sql(database, &format!("INSERT INTO seaql_migrations (version, applied_at) VALUES ('{FUTURE}', 1)")).await;
}

async fn the_standing_says_whether_the_program_fits(database: FreshDatabase) {
    let runner = Runner::connect(&database.url).await.unwrap();
    assert_eq!(runner.state().await.unwrap(), SchemaState::Current);
    assert!(runner.steps().await.unwrap().iter().all(|step| step.applied_at.is_some()));
    let last = names().pop().unwrap();
    runner.down(1).await.unwrap();
    assert_eq!(runner.state().await.unwrap(), SchemaState::Behind(vec![last.clone()]));
    come_from_the_future(&database).await;
    // Newer in one way and older in another: what is unknown decides.
    assert_eq!(runner.state().await.unwrap(), SchemaState::Ahead(vec![FUTURE.to_owned()]));
    let steps = runner.steps().await.unwrap();
    assert_eq!(steps.last().unwrap().name, FUTURE);
    let pending: Vec<_> = steps.iter().filter(|step| step.applied_at.is_none()).map(|step| &step.name).collect();
    assert_eq!(pending, [&last]);
    runner.close().await.unwrap();
}

async fn refusal(database: &FreshDatabase, migrate: &str) -> String {
    match start(&configuration(database, &[("COTENANT__DATABASE__MIGRATE", migrate)])).await {
        Ok(_) => panic!("the server started"),
        Err(Failure::SchemaState(message)) => message,
        Err(other) => panic!("{other:?}"),
    }
}

async fn a_server_starts_behind_only_when_it_may_migrate(database: FreshDatabase) {
    let runner = Runner::connect(&database.url).await.unwrap();
    let (all, lacking) = (names(), 3);
    runner.down(lacking).await.unwrap();
    let message = refusal(&database, "false").await;
    let first = &all[all.len() - lacking as usize];
    for part in ["3 migration(s)", first, "cotenant migrate up", "database.migrate", "COTENANT__DATABASE__MIGRATE=true"]
    {
        assert!(message.contains(part), "{part} is not in: {message}");
    }
    assert_eq!(runner.state().await.unwrap(), SchemaState::Behind(all[all.len() - lacking as usize..].to_vec()));
    runner.close().await.unwrap();
    let server = TestServer::start_with(database, &[("COTENANT__DATABASE__MIGRATE", "true")]).await;
    server.bootstrap("acme").await;
    let database = server.stop().await;
    // What fits needs no leave.
    TestServer::start_with(database, &[("COTENANT__DATABASE__MIGRATE", "false")]).await.stop().await;
}

async fn a_server_never_starts_on_a_newer_schema(database: FreshDatabase) {
    come_from_the_future(&database).await;
    for migrate in ["false", "true"] {
        let message = refusal(&database, migrate).await;
        for part in ["newer than this program", FUTURE, "start the version that made it"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
    let runner = Runner::connect(&database.url).await.unwrap();
    assert_eq!(runner.state().await.unwrap(), SchemaState::Ahead(vec![FUTURE.to_owned()]), "nothing was touched");
    runner.close().await.unwrap();
}

/// As several processes do: each runner has a thread and a runtime of its own.
fn migrate_together(url: &str, runners: usize) -> Vec<Vec<String>> {
    let begin = |url: String| {
        thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let runner = Runner::connect(&url).await.unwrap();
                let applied = runner.up(None).await.unwrap();
                assert_eq!(runner.state().await.unwrap(), SchemaState::Current);
                runner.close().await.unwrap();
                applied
            })
        })
    };
    let threads: Vec<_> = (0..runners).map(|_| begin(url.to_owned())).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

async fn of_several_runners_one_does_the_work(kind: Kind) {
    let Some(database) = FreshDatabase::empty(kind).await else { return };
    let mut applied = migrate_together(&database.url, 4);
    applied.sort_by_key(Vec::len);
    assert_eq!(applied.pop().unwrap(), names());
    assert!(applied.iter().all(Vec::is_empty), "{applied:?}");
    fill(database).await;
}

#[actix_web::test]
async fn of_several_runners_at_once_one_does_the_work_sqlite() {
    of_several_runners_one_does_the_work(Kind::Sqlite).await;
}

#[actix_web::test]
async fn of_several_runners_at_once_one_does_the_work_postgres() {
    of_several_runners_one_does_the_work(Kind::Postgres).await;
}
