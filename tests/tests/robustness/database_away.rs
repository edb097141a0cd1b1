//! PostgreSQL goes away and comes back, through a proxy that the test cuts. (SQLite is a file and has no way to be away.)

use std::time::Duration;

use cotenant_tests::{Client, FreshDatabase, Kind, Proxy, TestServer, eventually};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::task::JoinSet;

/// How long the server waits for a connection, in milliseconds; and far more than the whole of an answer may take.
const ACQUIRE_MS: &str = "1500";
const DEADLINE: Duration = Duration::from_secs(20);
/// Connections that the pool holds when the proxy is cut.
const WARM: usize = 6;

struct Away {
    server: TestServer,
    owner: Client,
    proxy: Proxy,
    /// The way to the database that is never cut.
    direct: String,
}

impl Away {
    async fn begin() -> Option<Self> {
        let mut database = FreshDatabase::new(Kind::Postgres).await?;
        let direct = database.url.clone();
        let (proxy, through) = Proxy::before(&direct).await;
        database.url = through;
        let server = TestServer::start_with(database, &[("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", ACQUIRE_MS)]).await;
        let owner = server.bootstrap("acme").await;
        Some(Self { server, owner, proxy, direct })
    }

    /// Makes the pool open several connections.
    async fn warm_up(&self) {
        let mut watch = PgConnection::connect(&self.direct).await.unwrap();
        // Requests that wait for a lock hold their connections all at once.
        let mut lock = PgConnection::connect(&self.direct).await.unwrap();
        lock.execute("BEGIN; LOCK TABLE stores IN ACCESS EXCLUSIVE MODE").await.unwrap();
        let mut requests = JoinSet::new();
        for _ in 0..WARM {
            let owner = self.owner.clone();
            requests.spawn(async move { owner.get("/api/v1/stores").await });
        }
        eventually("the requests wait", async || waiting(&mut watch).await == WARM as i64).await;
        lock.execute("ROLLBACK").await.unwrap();
        for answer in requests.join_all().await {
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        }
        for connection in [watch, lock] {
            connection.close().await.unwrap();
        }
    }
}

/// How many of the server's connections wait for a lock.
async fn waiting(watch: &mut PgConnection) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND application_name = 'cotenant' AND wait_event_type = 'Lock'";
    watch.fetch_one(sql).await.unwrap().get(0)
}

/// An answer that must not be long in coming.
async fn soon<F: Future>(answer: F) -> F::Output {
    tokio::time::timeout(DEADLINE, answer).await.unwrap_or_else(|_| panic!("no answer within {DEADLINE:?}"))
}

fn store(code: &str) -> serde_json::Value {
    json!({ "name": code, "code": code, "currency": "KES" })
}

#[actix_web::test]
async fn while_the_database_is_away_requests_are_told_so_and_afterwards_all_is_well() {
    let Some(mut away) = Away::begin().await else { return };
    let stranger = away.server.anonymous();
    assert_eq!(soon(stranger.get("/readyz")).await.status, StatusCode::OK);
    away.proxy.cut().await;
    for _ in 0..2 {
        for answer in [
            soon(away.owner.get("/api/v1/stores")).await,
            soon(away.owner.post("/api/v1/stores", store("T1"))).await,
            soon(
                away.server.anonymous().post("/api/v1/auth/login", json!({ "email": "a@b.example", "password": "x" })),
            )
            .await,
            soon(stranger.get("/readyz")).await,
        ] {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
            assert_eq!(answer.problem(), "unavailable");
        }
        assert_eq!(soon(stranger.get("/healthz")).await.status, StatusCode::OK, "the process lives");
    }
    away.proxy.mend();
    assert_eq!(soon(stranger.get("/readyz")).await.status, StatusCode::OK);
    let opened = soon(away.owner.post("/api/v1/stores", store("T1"))).await;
    assert_eq!(opened.status, StatusCode::CREATED, "the refused create left nothing behind: {opened:?}");
    away.server.stop().await;
}

#[actix_web::test]
async fn connections_that_died_in_the_pool_are_replaced_unseen() {
    let Some(mut away) = Away::begin().await else { return };
    away.warm_up().await;
    // Nobody asks anything in between: every connection in the pool is dead, and none is known to be.
    away.proxy.cut().await;
    away.proxy.mend();
    let mut requests = JoinSet::new();
    for n in 0..WARM {
        let owner = away.owner.clone();
        requests.spawn(async move {
            match n % 2 {
                0 => soon(owner.get("/api/v1/stores")).await,
                _ => soon(owner.post("/api/v1/stores", store(&format!("T-{n}")))).await,
            }
        });
    }
    for answer in requests.join_all().await {
        assert!(answer.status.is_success(), "{answer:?}");
    }
    away.server.stop().await;
}

#[actix_web::test]
async fn a_server_that_restarts_its_database_replaces_connections_unseen() {
    let Some(away) = Away::begin().await else { return };
    away.warm_up().await;
    let mut admin = PgConnection::connect(&away.direct).await.unwrap();
    // As a restart does: each connection is told that an administrator ends it.
    let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                 WHERE datname = current_database() AND application_name = 'cotenant'";
    assert!(admin.fetch_one(ended).await.unwrap().get::<i64, _>(0) >= WARM as i64);
    admin.close().await.unwrap();
    for n in 0..WARM {
        let opened = soon(away.owner.post("/api/v1/stores", store(&format!("T-{n}")))).await;
        assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    }
    away.server.stop().await;
}

#[actix_web::test]
async fn a_request_whose_connection_breaks_midway_is_told_so_and_leaves_nothing() {
    let Some(mut away) = Away::begin().await else { return };
    let (mut watch, mut lock) =
        (PgConnection::connect(&away.direct).await.unwrap(), PgConnection::connect(&away.direct).await.unwrap());
    lock.execute("BEGIN; LOCK TABLE stores IN SHARE MODE").await.unwrap();
    let request = {
        let owner = away.owner.clone();
        actix_web::rt::spawn(async move { soon(owner.post("/api/v1/stores", store("MIDWAY"))).await })
    };
    eventually("the request waits for the lock", async || waiting(&mut watch).await == 1).await;
    away.proxy.cut().await;
    let answer = request.await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.headers.contains_key("retry-after"));
    lock.execute("ROLLBACK").await.unwrap();
    away.proxy.mend();
    let list = soon(away.owner.get("/api/v1/stores")).await;
    assert_eq!((list.status, &list.body["data"]), (StatusCode::OK, &json!([])));
    // What the database went on to do by itself came to nothing.
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'cotenant' AND state = 'active'";
    eventually("nothing runs", async || watch.fetch_one(left).await.unwrap().get::<i64, _>(0) == 0).await;
    let stores: i64 = watch.fetch_one("SELECT count(*) FROM stores").await.unwrap().get(0);
    assert_eq!(stores, 0);
    let again = soon(away.owner.post("/api/v1/stores", store("MIDWAY"))).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    for connection in [watch, lock] {
        connection.close().await.unwrap();
    }
    away.server.stop().await;
}

/// A database that accepts and never answers is away like one that refuses: no request waits for it longer than the
/// configured time, nothing answers but 503, and it comes back without a restart.
#[actix_web::test]
async fn a_database_that_says_nothing_is_away() {
    let Some(mut database) = FreshDatabase::new(Kind::Postgres).await else {
        return;
    };
    let (mut proxy, through) = Proxy::before(&database.url.clone()).await;
    database.url = through;
    let patience = [
        ("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", ACQUIRE_MS),
        ("COTENANT__DATABASE__STATEMENT_TIMEOUT_MS", ACQUIRE_MS),
    ];
    let server = TestServer::start_with(database, &patience).await;
    let owner = server.bootstrap("acme").await;
    proxy.stall();
    for path in ["/api/v1/stores", "/readyz"] {
        let answer = soon(owner.get(path)).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {answer:?}");
        assert!(answer.headers.contains_key("retry-after"), "{path}: {answer:?}");
    }
    let written = soon(owner.post("/api/v1/stores", store("S"))).await;
    assert_eq!(written.status, StatusCode::SERVICE_UNAVAILABLE, "{written:?}");
    assert_eq!(soon(owner.get("/healthz")).await.status, StatusCode::OK);
    proxy.cut().await;
    proxy.mend();
    eventually("the database is back", async || owner.get("/readyz").await.status == StatusCode::OK).await;
    let list = soon(owner.get("/api/v1/stores")).await;
    assert_eq!((list.status, &list.body["data"]), (StatusCode::OK, &json!([])), "nothing was written");
    server.stop().await;
}
