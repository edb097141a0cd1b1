//! Jobs as clients see them, and a worker in a process of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, SIGNING_KEY};
use cotenant_tests::{Answer, Client, FreshDatabase, Kind, Program, TestServer, eventually, on_both_databases};
use reqwest::StatusCode;
use serde_json::{Value, json};

on_both_databases! {
    what_was_given_up_is_seen_and_queued_again;
    the_platform_sees_its_own_jobs;
    a_server_begins_what_it_has_queued_at_once;
    requests_and_jobs_end_within_one_time;
}

const JOBS: &str = "/api/v1/jobs";
const PLATFORM_JOBS: &str = "/api/v1/platform/jobs";
const NEW: &str = "asha@duka.example";

/// A server whose messages do not go out, because a file is where their folder should be: what fails once is given up.
async fn without_mail(database: FreshDatabase) -> TestServer {
    std::fs::write(database.home.path().join("mail"), "in the way").unwrap();
    TestServer::start_with(database, &[("COTENANT__JOBS__MAX_ATTEMPTS", "1")]).await
}

/// The one job that a list shows, as soon as it shows one.
async fn the_one(client: &Client, list: &str) -> Value {
    eventually("a job is on the list", async || {
        client.get(list).await.body["data"].as_array().is_some_and(|jobs| !jobs.is_empty())
    })
    .await;
    let listed = client.get(list).await;
    assert_eq!(listed.body["data"].as_array().map(Vec::len), Some(1), "{listed:?}");
    listed.body["data"][0].clone()
}

/// What a job looks like that was given up after one attempt, and that nothing more of it is shown.
fn is_dead(job: &Value, kind: &str) {
    let shown: Vec<_> = job.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "attempts",
        "created_at",
        "finished_at",
        "id",
        "kind",
        "last_error",
        "priority",
        "run_at",
        "running",
        "status",
    ];
    assert_eq!(shown, expected, "no payload, and nothing of leases");
    assert_eq!((&job["kind"], &job["status"], &job["attempts"]), (&json!(kind), &json!("dead"), &json!(1)));
    assert_eq!((&job["running"], &job["priority"]), (&json!(false), &json!("high")));
    assert_eq!(job["last_error"], "the message could not be sent");
    assert!(job["finished_at"].is_string(), "{job}");
}

async fn what_was_given_up_is_seen_and_queued_again(database: FreshDatabase) {
    let server = without_mail(database).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(owner.get(JOBS).await.body["data"], json!([]));
    let invited = owner.post("/api/v1/invitations", json!({ "email": NEW })).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
    let dead = the_one(&owner, &format!("{JOBS}?status=dead")).await;
    is_dead(&dead, "invitation.send");
    assert_eq!(owner.get(&format!("{JOBS}?status=done")).await.body["data"], json!([]));
    assert_eq!(owner.get(&format!("{JOBS}?kind=invitation.send")).await.body["data"][0]["id"], dead["id"]);

    std::fs::remove_file(&server.mail).unwrap();
    let requeue = format!("{JOBS}/{}/requeue", dead["id"].as_str().unwrap());
    let queued = owner.act(&requeue).await;
    assert_eq!((queued.status, &queued.body["status"]), (StatusCode::OK, &json!("queued")), "{queued:?}");
    server.accept(NEW).await;
    let done = the_one(&owner, &format!("{JOBS}?status=done")).await;
    assert_eq!((&done["id"], &done["attempts"]), (&dead["id"], &json!(1)), "its attempts are counted anew");
    let again: Answer = owner.act(&requeue).await;
    assert_eq!((again.status, again.problem().as_str()), (StatusCode::CONFLICT, "job_not_dead"));
    let told = owner.get("/api/v1/audit-events?action=job.requeued").await;
    assert_eq!(told.body["data"][0]["object"]["id"], dead["id"], "{told:?}");

    let clerk = server.sign_in(NEW, "acme").await;
    for answer in [clerk.get(JOBS).await, clerk.act(&requeue).await] {
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::FORBIDDEN, "forbidden"));
    }
    let stranger = server.tenant("globex", "boss@globex.example").await;
    assert_eq!(stranger.act(&requeue).await.problem(), "not_found");
    let theirs = stranger.get(JOBS).await;
    assert!(theirs.body["data"].as_array().unwrap().iter().all(|job| job["id"] != dead["id"]), "{theirs:?}");
    server.stop().await;
}

async fn the_platform_sees_its_own_jobs(database: FreshDatabase) {
    let server = without_mail(database).await;
    server.bootstrap("acme").await;
    let operator = server.operator().await;
    let forgotten = server.anonymous().post("/api/v1/auth/password-resets", json!({ "email": OPERATOR })).await;
    assert_eq!(forgotten.status, StatusCode::ACCEPTED);
    let dead = the_one(&operator, &format!("{PLATFORM_JOBS}?status=dead")).await;
    is_dead(&dead, "password_reset.send");
    std::fs::remove_file(&server.mail).unwrap();
    let requeue = format!("{PLATFORM_JOBS}/{}/requeue", dead["id"].as_str().unwrap());
    let queued = operator.act(&requeue).await;
    assert_eq!(queued.status, StatusCode::OK, "{queued:?}");
    assert!(server.mailed_token(OPERATOR, "rpw_").await.starts_with("rpw_"));
    the_one(&operator, &format!("{PLATFORM_JOBS}?status=done")).await;
    assert_eq!(operator.act(&requeue).await.problem(), "job_not_dead");
    let owner = server.sign_in(OPERATOR, "acme").await;
    assert_eq!(owner.get(PLATFORM_JOBS).await.status, StatusCode::UNAUTHORIZED, "a tenant's owner is no operator");
    server.stop().await;
}

async fn a_server_begins_what_it_has_queued_at_once(database: FreshDatabase) {
    // Its worker looks for jobs at the start and then not for an hour: what comes meanwhile it is told of.
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__POLL_MS", "3600000")]).await;
    let owner = server.bootstrap("acme").await;
    for n in 0..5 {
        let email = format!("new{n}@duka.example");
        assert_eq!(owner.post("/api/v1/invitations", json!({ "email": email })).await.status, StatusCode::CREATED);
        server.accept(&email).await;
    }
    let forgotten = server.anonymous().post("/api/v1/auth/password-resets", json!({ "email": OPERATOR })).await;
    assert_eq!(forgotten.status, StatusCode::ACCEPTED);
    assert!(server.mailed_token(OPERATOR, "rpw_").await.starts_with("rpw_"), "at the platform too");
    server.stop().await;
}

/// A mail server that takes connections and says nothing, and its port.
fn silence() -> (std::net::TcpListener, String) {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    (silent, port)
}

fn to_silence(port: &str) -> [(&'static str, &str); 5] {
    [
        ("COTENANT__MAIL__TRANSPORT", "smtp"),
        ("COTENANT__MAIL__FROM", "us@cotenant.example"),
        ("COTENANT__MAIL__HOST", "127.0.0.1"),
        ("COTENANT__MAIL__PORT", port),
        ("COTENANT__MAIL__TLS", "none"),
    ]
}

/// A request and a job that do not end by themselves, when the server stops: each is waited for, at the same time.
async fn requests_and_jobs_end_within_one_time(database: FreshDatabase) {
    let (_silent, port) = silence();
    let patience = 3;
    let seconds = patience.to_string();
    let mut settings = to_silence(&port).to_vec();
    settings.push(("COTENANT__SERVER__SHUTDOWN_SECONDS", &seconds));
    let server = TestServer::start_with(database, &settings).await;
    let owner = server.bootstrap("acme").await;
    let address = server.base.strip_prefix("http://").unwrap().to_owned();
    assert_eq!(owner.post("/api/v1/invitations", json!({ "email": NEW })).await.status, StatusCode::CREATED);
    eventually("the job runs", async || owner.get(JOBS).await.body["data"][0]["running"] == true).await;
    let mut request = std::net::TcpStream::connect(address).unwrap();
    let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
    std::io::Write::write_all(&mut request, head.as_bytes()).unwrap();
    assert_eq!(server.anonymous().get("/healthz").await.status, StatusCode::OK);
    let began = std::time::Instant::now();
    server.stop().await;
    let took = began.elapsed().as_secs_f64();
    assert!(took > f64::from(patience) - 0.5, "nothing was waited for: {took} s");
    assert!(took < 2.0 * f64::from(patience), "one after the other: {took} s");
}

fn program(url: &str, mail: &str) -> Program {
    Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
        .with("COTENANT__DATABASE__URL", url)
        .with("COTENANT__MAIL__DIRECTORY", mail)
        .with("COTENANT__AUTH__SIGNING_KEY", SIGNING_KEY)
        .with("COTENANT__BOOTSTRAP__SECRET", BOOTSTRAP_SECRET)
}

#[actix_web::test]
async fn a_worker_in_a_process_of_its_own_does_the_jobs_of_a_server_without_one() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    let owner = server.bootstrap("acme").await;
    let invited = owner.post("/api/v1/invitations", json!({ "email": NEW })).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{invited:?}");
    let program = program(&server.database.url, server.mail.to_str().unwrap());
    let worker = program.begin(&["worker"]);
    server.accept(NEW).await;
    assert_eq!(the_one(&owner, JOBS).await["attempts"], 1, "no server had begun it");
    worker.terminate();
    let ended = worker.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    server.stop().await;
}

/// Whoever presses Ctrl-C does not wait for a job that does not end: it is handed back, and to be had at once.
#[actix_web::test]
async fn a_worker_that_is_interrupted_hands_back_what_it_has_begun() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    let owner = server.bootstrap("acme").await;
    let (_silent, port) = silence();
    let program = program(&server.database.url, server.mail.to_str().unwrap());
    let program = to_silence(&port).into_iter().fold(program, |program, (name, value)| program.with(name, value));
    let program = program.with("COTENANT__SERVER__SHUTDOWN_SECONDS", "600");
    let worker = program.begin(&["worker"]);
    assert_eq!(owner.post("/api/v1/invitations", json!({ "email": NEW })).await.status, StatusCode::CREATED);
    eventually("the job runs", async || owner.get(JOBS).await.body["data"][0]["running"] == true).await;
    let began = std::time::Instant::now();
    worker.interrupt();
    let ended = worker.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    let job = the_one(&owner, JOBS).await;
    assert_eq!((&job["status"], &job["running"], &job["attempts"]), (&json!("queued"), &json!(false), &json!(0)));
    server.stop().await;
}

#[actix_web::test]
async fn a_process_ends_in_time_though_a_mail_server_keeps_it_waiting() {
    let Some(database) = FreshDatabase::new(Kind::Postgres).await else { return };
    let server = TestServer::start_with(database, &[("COTENANT__JOBS__IN_SERVER", "false")]).await;
    let owner = server.bootstrap("acme").await;
    assert_eq!(owner.post("/api/v1/invitations", json!({ "email": NEW })).await.status, StatusCode::CREATED);
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let program = program(&server.database.url, "mail")
        .with("COTENANT__SERVER__SHUTDOWN_SECONDS", "1")
        .with("COTENANT__MAIL__TRANSPORT", "smtp")
        .with("COTENANT__MAIL__FROM", "us@cotenant.example")
        .with("COTENANT__MAIL__HOST", "127.0.0.1")
        .with("COTENANT__MAIL__PORT", &silent.local_addr().unwrap().port().to_string())
        .with("COTENANT__MAIL__TLS", "none")
        .with("COTENANT__MAIL__TIMEOUT_SECONDS", "30");
    let worker = program.begin(&["worker"]);
    let (connection, _) = silent.accept().unwrap();
    let began = std::time::Instant::now();
    worker.terminate();
    let ended = worker.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(began.elapsed().as_secs() < 15, "it waited for an answer to {connection:?}");
    assert_eq!(the_one(&owner, JOBS).await["attempts"], 0, "the attempt that was broken off does not count");
    server.stop().await;
}

#[actix_web::test]
async fn a_file_of_sqlite_has_one_process_and_a_second_worker_says_so() {
    let database = FreshDatabase::new(Kind::Sqlite).await.unwrap();
    let server = TestServer::start(database).await;
    let ended = program(&server.database.url, server.mail.to_str().unwrap()).run(&["worker"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.err.contains("cotenant.db"), "{ended:?}");
    server.stop().await;
}
