//! The server is killed while its worker is at jobs: messages to send, of which each is owed to whoever was told that it
//! would go out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cotenant_tests::{Dice, FreshDatabase, Kind, eventually, on_both_databases, prove};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::house::{bootstrap, program, until_ready};

on_both_databases! {
    every_message_goes_out_though_the_worker_is_killed;
}

const CHECK: &str = "kill -9 of the worker";

/// Invitations of each round, sent together.
const BURST: u64 = 20;

// Attacks: 39.
async fn every_message_goes_out_though_the_worker_is_killed(database: FreshDatabase) {
    let mail = database.home.path().join("mail");
    // More attempts than there are kills: a job that is met each time shall not be given up for it.
    let program = program(&database.url)
        .with("COTENANT__MAIL__DIRECTORY", mail.to_str().unwrap())
        .with("COTENANT__JOBS__POLL_MS", "10")
        .with("COTENANT__JOBS__LEASE_SECONDS", "1")
        .with("COTENANT__JOBS__MAX_ATTEMPTS", "100");
    let mut served = program.serve();
    let token = bootstrap(&served.base).await;
    let (mut dice, mut acknowledged) = (Dice::seeded(prove::seed(CHECK)), BTreeSet::new());
    let (wanted, mut kills, mut met) = (prove::times(2, 6), 0, 0);
    let mut ended = Jobs::new();
    while met < wanted {
        let (before, more) = (messages(&mail).len() as u64, 1 + dice.roll(BURST / 4));
        let burst = invite(&served.base, &token, kills);
        eventually("the worker is at it", async || messages(&mail).len() as u64 >= before + more).await;
        served.kill();
        kills += 1;
        acknowledged.extend(burst.join_all().await.into_iter().flatten());
        let jobs = jobs(database.kind, &database.url).await;
        met += u64::from(jobs.values().any(|job| job.is_leased));
        assert!(kills <= 20 + 3 * met, "of {kills} kills {met} met a job");
        assert_unchanged(&ended, &jobs);
        ended = jobs.into_iter().filter(|(_, job)| job.status != "queued").collect();
        served = program.serve();
        until_ready(&served.base).await;
    }
    eventually("no job is stuck", async || {
        jobs(database.kind, &database.url).await.values().all(|job| job.status != "queued")
    })
    .await;
    served.terminate();
    assert_eq!(served.ended().code, Some(0));
    let (jobs, messages) = (jobs(database.kind, &database.url).await, messages(&mail));
    assert_unchanged(&ended, &jobs);
    let lost: Vec<_> = acknowledged.iter().filter(|email| !messages.contains(email)).collect();
    assert!(lost.is_empty(), "told that it would go out, and no message: {lost:?}");
    for (id, job) in &jobs {
        assert!(job.status == "done" && !job.is_leased && job.finished_at.is_some(), "{id}: {job:?}");
        // Each lease is one attempt, and each attempt one message at most.
        assert_eq!(i64::from(job.attempts), job.lease, "{id}: {job:?}");
    }
    let leases: i64 = jobs.values().map(|job| job.lease).sum();
    assert!(messages.len() >= jobs.len() && messages.len() as i64 <= leases, "{} of {leases}", messages.len());
    let taken_over = jobs.values().filter(|job| job.lease > 1).count();
    assert!(taken_over > 0, "no job was taken over");
    let told = [
        ("kills", kills),
        ("that met a job", met),
        ("acknowledged", acknowledged.len() as u64),
        ("jobs", jobs.len() as u64),
        ("taken over", taken_over as u64),
        ("messages lost", 0),
        ("jobs stuck or done twice", 0),
    ];
    prove::figures(CHECK, &format!("{:?}", database.kind), &told);
}

/// Invitations under way; in the end the addresses of those that were acknowledged.
fn invite(base: &str, token: &str, round: u64) -> JoinSet<Option<String>> {
    let (http, mut burst) = (reqwest::Client::new(), JoinSet::new());
    for n in 0..BURST {
        let email = format!("guest-{round}-{n}@guests.example");
        let request = http.post(format!("{base}/api/v1/invitations")).bearer_auth(token);
        let request = request.header("Content-Type", "application/json").body(json!({ "email": email }).to_string());
        burst.spawn(async move {
            let answer = request.send().await.ok()?;
            assert_eq!(answer.status(), StatusCode::CREATED, "{answer:?}");
            Some(email)
        });
    }
    burst
}

/// To whom each message went, as often as it went.
fn messages(mail: &Path) -> Vec<String> {
    let files = std::fs::read_dir(mail).into_iter().flatten().map(|file| file.unwrap().path());
    // A message has another name, with a dot before it, until it is whole.
    let whole = files.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    let texts = whole.map(std::fs::read_to_string);
    let to = |text: String| text.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().trim().to_owned();
    texts.map(|text| to(text.unwrap())).collect()
}

type Jobs = BTreeMap<Uuid, Job>;

/// What the database holds of a job.
#[derive(Debug, PartialEq, Eq)]
struct Job {
    status: String,
    lease: i64,
    attempts: i32,
    is_leased: bool,
    finished_at: Option<String>,
}

/// Reads the jobs past the server.
async fn jobs(kind: Kind, url: &str) -> Jobs {
    let all = "SELECT id, status, lease, attempts, leased_until IS NOT NULL, CAST(finished_at AS text) FROM jobs";
    macro_rules! read {
        ($connection:ty) => {{
            let mut connection = <$connection>::connect(url).await.unwrap();
            let rows = connection.fetch_all(all).await.unwrap();
            connection.close().await.unwrap();
            let job = |row: &<<$connection as Connection>::Database as sqlx::Database>::Row| Job {
                status: row.get(1),
                lease: row.get(2),
                attempts: row.get(3),
                is_leased: row.get(4),
                finished_at: row.get(5),
            };
            rows.iter().map(|row| (row.get(0), job(row))).collect()
        }};
    }
    match kind {
        Kind::Sqlite => read!(SqliteConnection),
        Kind::Postgres => read!(PgConnection),
    }
}

/// What has ended stays as it ended: nobody begins it again, and nobody ends it a second time.
fn assert_unchanged(ended: &Jobs, now: &Jobs) {
    for (id, job) in ended {
        assert_eq!(now.get(id), Some(job), "{id} had ended");
    }
}
