//! The server is killed at requests with an `Idempotency-Key`: the key, the effect and the answer are there together or not at
//! all, and whoever sends the same again has made it once.

use std::collections::BTreeMap;

use cotenant_tests::{Answer, Client, Dice, FreshDatabase, Kind, Program, eventually, on_both_databases, prove};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use tokio::task::JoinSet;

use crate::house::{bootstrap, program, until_ready};

on_both_databases! {
    a_key_has_one_effect_though_the_server_is_killed;
}

const CHECK: &str = "kill -9 at requests with a key";

/// Requests under way at each kill, each with a key of its own.
const WAVE: u64 = 30;

/// What the database holds of invitations, which nothing but a key keeps from being many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    keys: i64,
    without_an_answer: i64,
    invitations: i64,
    events: i64,
    jobs: i64,
}

const SEEN: &str = "SELECT (SELECT count(*) FROM kept_answers), \
    (SELECT count(*) FROM kept_answers WHERE status IS NULL OR body IS NULL), (SELECT count(*) FROM invitations), \
    (SELECT count(*) FROM audit_events WHERE action = 'invitation.created'), \
    (SELECT count(*) FROM jobs WHERE kind = 'invitation.send')";

/// How many there are after so many effects.
fn after(effects: i64) -> Seen {
    Seen { keys: effects, without_an_answer: 0, invitations: effects, events: effects, jobs: effects }
}

async fn seen(kind: Kind, url: &str) -> Seen {
    macro_rules! read {
        ($connection:ty) => {{
            let mut connection = <$connection>::connect(url).await.unwrap();
            let row = connection.fetch_one(SEEN).await.unwrap();
            connection.close().await.unwrap();
            Seen {
                keys: row.get(0),
                without_an_answer: row.get(1),
                invitations: row.get(2),
                events: row.get(3),
                jobs: row.get(4),
            }
        }};
    }
    match kind {
        Kind::Sqlite => read!(SqliteConnection),
        Kind::Postgres => read!(PgConnection),
    }
}

/// Waits until what a killed server had begun at PostgreSQL has ended.
async fn ended(database: &FreshDatabase) {
    if database.kind == Kind::Sqlite {
        return;
    }
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    eventually("what was left behind has ended", async || {
        let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND application_name = 'cotenant'";
        connection.fetch_one(left).await.unwrap().get::<i64, _>(0) == 0
    })
    .await;
    connection.close().await.unwrap();
}

/// A server without hands: the jobs stay as they were queued.
fn handless(url: &str) -> Program {
    program(url).with("COTENANT__JOBS__IN_SERVER", "false").with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")
}

/// Invites somebody under a key; `None` where the connection broke.
async fn invite(base: &str, token: &str, key: &str) -> Option<Answer> {
    let request = reqwest::Client::new().post(format!("{base}/api/v1/invitations")).bearer_auth(token);
    let request = request.header("Idempotency-Key", key).header("Content-Type", "application/json");
    let response = request.body(json!({ "email": format!("{key}@guests.example") }).to_string()).send().await.ok()?;
    let (status, headers) = (response.status(), response.headers().clone());
    let raw = response.text().await.ok()?;
    let body = serde_json::from_str(&raw).unwrap_or_default();
    Some(Answer { status, headers, body, raw })
}

fn is_replay(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

async fn a_key_has_one_effect_though_the_server_is_killed(database: FreshDatabase) {
    let (program, kills) = (handless(&database.url), prove::times(4, 40));
    let mut served = program.serve();
    let token = bootstrap(&served.base).await;
    let mut dice = Dice::seeded(prove::seed(CHECK));
    let (mut unanswered, mut done_unseen) = (0, 0);
    for round in 0..kills {
        let before = seen(database.kind, &database.url).await;
        assert_eq!(before, after((round * WAVE) as i64));
        let mut wave = JoinSet::new();
        for n in 0..WAVE {
            let (base, token, key) = (served.base.clone(), token.clone(), format!("key-{round}-{n}"));
            wave.spawn(async move { (key.clone(), invite(&base, &token, &key).await) });
        }
        let met = before.keys + 1 + dice.roll(WAVE / 2) as i64;
        eventually("some are done", async || seen(database.kind, &database.url).await.keys >= met).await;
        served.kill();
        let told: BTreeMap<String, Option<Answer>> = wave.join_all().await.into_iter().collect();
        ended(&database).await;
        let found = seen(database.kind, &database.url).await;
        assert_eq!(found, after(found.keys), "a key, its effect and its answer are there together");
        served = program.serve();
        until_ready(&served.base).await;
        for (key, first) in told {
            let again = invite(&served.base, &token, &key).await.unwrap();
            assert_eq!(again.status, 201, "{again:?}");
            match first {
                Some(first) => assert!(is_replay(&again) && again.raw == first.raw, "{first:?} {again:?}"),
                None => {
                    unanswered += 1;
                    done_unseen += u64::from(is_replay(&again));
                }
            }
        }
        assert_eq!(seen(database.kind, &database.url).await, after(((round + 1) * WAVE) as i64));
    }
    assert!(unanswered > done_unseen, "none of {kills} kills met a request before its end");
    let told = [
        ("kills", kills),
        ("requests without an answer", unanswered),
        ("of these done", done_unseen),
        ("lost effects", 0),
        ("double effects", 0),
        ("keys without an effect", 0),
    ];
    prove::figures(CHECK, &format!("{:?}", database.kind), &told);
}

/// The moment between claim and commit, held open by a lock that somebody else has. (On SQLite nobody else can come in between.)
#[actix_web::test]
async fn a_kill_between_claim_and_commit_leaves_neither_key_nor_effect() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let program = handless(&database.url);
    let served = program.serve();
    let token = bootstrap(&served.base).await;
    let mut outside = PgConnection::connect(&database.url).await.unwrap();
    outside.execute("BEGIN").await.unwrap();
    outside.execute("LOCK TABLE audit_events IN EXCLUSIVE MODE").await.unwrap();
    let (base, bearer) = (served.base.clone(), token.clone());
    let waiting = actix_web::rt::spawn(async move { invite(&base, &bearer, "held").await });
    let mut watch = PgConnection::connect(&database.url).await.unwrap();
    eventually("it has claimed its key and waits for the log", async || {
        let waits = "SELECT count(*) FROM pg_locks waits JOIN pg_locks claims USING (pid) \
                     WHERE NOT waits.granted AND waits.relation = 'audit_events'::regclass \
                     AND claims.granted AND claims.relation = 'kept_answers'::regclass AND claims.mode = 'RowExclusiveLock'";
        watch.fetch_one(waits).await.unwrap().get::<i64, _>(0) == 1
    })
    .await;
    served.kill();
    assert!(waiting.await.unwrap().is_none(), "nobody was told anything");
    outside.execute("ROLLBACK").await.unwrap();
    ended(&database).await;
    assert_eq!(seen(database.kind, &database.url).await, after(0));
    let served = program.serve();
    let retry = Client::new(&served.base, Some(token.clone()));
    let body = json!({ "email": "held@guests.example" }).to_string();
    let path = "/api/v1/invitations";
    let made = retry.send(Method::POST, path, &[("Idempotency-Key", "held")], Some(body)).await;
    assert!(made.status == 201 && !is_replay(&made), "the key is free: {made:?}");
    assert!(is_replay(&invite(&served.base, &token, "held").await.unwrap()));
    assert_eq!(seen(database.kind, &database.url).await, after(1));
}
