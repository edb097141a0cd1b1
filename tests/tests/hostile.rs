//! Slow and hostile clients, hundreds of sockets of each kind, while honest ones go on.
//!
//! Each hostile client is answered as it deserves or cut off within the deadlines that the server was given; every
//! honest request is served meanwhile; and afterwards nothing of it is left.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on ends")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cotenant_tests::program::Served;
use cotenant_tests::server::{BOOTSTRAP_SECRET, OPERATOR, PASSWORD};
use cotenant_tests::{Client, FreshDatabase, Kind, Program, eventually, on_both_databases, prove};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

on_both_databases! {
    hostile_clients_are_ended_in_time_and_honest_ones_are_served;
}

// Attacks: 40.
/// No database has a part in this.
#[actix_web::test]
async fn a_connection_is_held_to_deadlines_after_its_first_request_too() {
    let kinds = [SlowSecondHead, HalfASecondHead, ChunksWithoutEnd, NeverReads];
    withstand("hostile later requests", FreshDatabase::new(Kind::Sqlite).await.unwrap(), &kinds).await;
}

/// The deadlines that the server is given, in seconds.
const HEADER: u64 = 4;
const REQUEST: u64 = 4;
/// How long the HTTP layer keeps an idle connection; not a setting.
const KEEP_ALIVE: u64 = 5;
/// How long nothing may happen on a connection: the next request is waited for, then its head, then its body.
const IDLE: u64 = KEEP_ALIVE + HEADER + REQUEST;
/// What a loaded machine may add, and the time in which a connection is taken down after its last answer.
const MARGIN: Duration = Duration::from_secs(6);
/// Where a client gives up waiting for the server to end it: far more than any deadline and the margin.
const FOR_EVER: Duration = Duration::from_secs(24);
/// A pause between two bytes of a slow client.
const DRIP: Duration = Duration::from_millis(100);
/// A pause between two pieces of one that is not slow and does not end.
const QUICK_DRIP: Duration = Duration::from_millis(20);
/// What the server takes in one body.
const BODY_LIMIT: usize = 65_536;
/// Connections of the server to its database, of which many more clients must not get hold.
const CONNECTIONS: usize = 4;
/// Hostile sockets at a time, where files are short.
const FEW_AT_ONCE: usize = 200;
const MANY_AT_ONCE: usize = 800;
const HONEST: u64 = 4;
/// By when each honest request is answered: more than a loaded machine takes, less than a server that is held up.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// How many honest answers have to come in the thick of it, of the many hundreds that do.
const SERVED_MEANWHILE: usize = 50;
/// Requests that one client sends without waiting.
const PIPELINED: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hostile {
    SaysNothing,
    SlowHead,
    HalfAHead,
    HeadWithoutEnd,
    LongHeader,
    NoBody,
    SlowBody,
    BodyTooLong,
    ChunksTooLong,
    ChunksOfGarbage,
    IdlesAfterAnswer,
    Pipelines,
    GoesAwayMidway,
    SlowSecondHead,
    HalfASecondHead,
    ChunksWithoutEnd,
    NeverReads,
}

use Hostile::*;

/// What a server owes such a client.
struct Due {
    /// What it may answer last before it ends the connection; where this is empty it says nothing of its own.
    statuses: &'static [u16],
    /// By when the connection is over.
    within: u64,
}

impl Hostile {
    fn due(self) -> Due {
        let (statuses, within): (&[u16], u64) = match self {
            SaysNothing | SlowHead | HalfAHead => (&[408], HEADER),
            HeadWithoutEnd => (&[408, 431], HEADER),
            LongHeader => (&[431], HEADER),
            NoBody | SlowBody => (&[408], REQUEST),
            BodyTooLong | ChunksTooLong => (&[413], REQUEST),
            ChunksOfGarbage => (&[400], REQUEST),
            Pipelines => (&[200], REQUEST),
            GoesAwayMidway => (&[], REQUEST),
            IdlesAfterAnswer => (&[200], KEEP_ALIVE),
            SlowSecondHead | HalfASecondHead => (&[200, 408], IDLE),
            ChunksWithoutEnd => (&[408, 413], REQUEST + IDLE),
            NeverReads => (&[], IDLE),
        };
        Due { statuses, within }
    }
}

// Attacks: 40.
async fn hostile_clients_are_ended_in_time_and_honest_ones_are_served(database: FreshDatabase) {
    let kinds = [
        SaysNothing,
        SlowHead,
        HalfAHead,
        HeadWithoutEnd,
        LongHeader,
        NoBody,
        SlowBody,
        BodyTooLong,
        ChunksTooLong,
        ChunksOfGarbage,
        IdlesAfterAnswer,
        Pipelines,
        GoesAwayMidway,
    ];
    withstand("hostile clients", database, &kinds).await;
}

async fn withstand(check: &str, database: FreshDatabase, kinds: &[Hostile]) {
    let place = Place::begin(&database).await;
    let before = place.sockets();
    let siege = Arc::new(Siege::new(kinds));
    let honest = all_honest(place.served.base.clone(), place.owner.token.clone(), siege.clone());
    let endings = attack(&place, kinds, &siege).await;
    siege.over.store(true, Ordering::SeqCst);
    let mut latencies = honest.join().unwrap();
    let meanwhile = siege.served.load(Ordering::SeqCst);
    assert!(meanwhile >= SERVED_MEANWHILE, "{meanwhile} honest answers while the hostile ones were there");

    let mut answered: BTreeMap<Hostile, u64> = BTreeMap::new();
    let (mut slowest, mut late) = (Duration::ZERO, Vec::new());
    for ending in &endings {
        let due = ending.kind.due();
        // Who still sends while the server ends the connection may lose its answer on the way.
        if let Some(status) = ending.status {
            assert!(due.statuses.contains(&status), "{:?} was answered {status}", ending.kind);
            *answered.entry(ending.kind).or_default() += 1;
        }
        slowest = slowest.max(ending.after);
        if ending.after > Duration::from_secs(due.within) + MARGIN {
            late.push((ending.kind, ending.after));
        }
    }
    late.sort();
    late.dedup_by_key(|(kind, _)| *kind);
    assert!(late.is_empty(), "connections that were not ended in time, one of each kind: {late:?}");
    for kind in kinds.iter().filter(|kind| !kind.due().statuses.is_empty()) {
        assert!(answered.contains_key(kind), "nobody of {kind:?} got an answer");
    }
    nothing_is_left(&place, &database, before).await;

    latencies.sort();
    let at = |part: usize| latencies[(latencies.len() - 1) * part / 100].as_micros() as u64;
    let figures = [
        ("hostile sockets", endings.len() as u64),
        ("of these answered", answered.values().sum()),
        ("longest ms", slowest.as_millis() as u64),
        ("honest requests", latencies.len() as u64),
        ("of these meanwhile", meanwhile as u64),
        ("honest failures", 0),
        ("honest p50 us", at(50)),
        ("honest p99 us", at(99)),
    ];
    prove::figures(check, &format!("{:?}", database.kind), &figures);
    place.served.terminate();
    let ended = place.served.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}

/// A server with short deadlines and few connections, and its owner.
struct Place {
    served: Served,
    address: String,
    owner: Client,
    _program: Program,
}

impl Place {
    async fn begin(database: &FreshDatabase) -> Self {
        let program = Program::new(env!("CARGO_BIN_EXE_cotenant-program"))
            .with("COTENANT__DATABASE__URL", &database.url)
            .with("COTENANT__DATABASE__MAX_CONNECTIONS", &CONNECTIONS.to_string())
            .with("COTENANT__DATABASE__ACQUIRE_TIMEOUT_MS", "20000")
            .with("COTENANT__SERVER__HEADER_TIMEOUT_SECONDS", &HEADER.to_string())
            .with("COTENANT__SERVER__REQUEST_TIMEOUT_SECONDS", &REQUEST.to_string())
            .with("COTENANT__SERVER__BODY_LIMIT_BYTES", &BODY_LIMIT.to_string())
            .with("COTENANT__BOOTSTRAP__SECRET", BOOTSTRAP_SECRET)
            .with("COTENANT__LOG__FILTER", "error,actix_http=off");
        let served = program.serve();
        let stranger = Client::new(&served.base, None);
        let body = json!({
            "secret": BOOTSTRAP_SECRET, "email": OPERATOR, "password": PASSWORD, "display_name": "Olu Adeyemi",
            "tenant": { "name": "Acme", "slug": "acme" }
        });
        let begun = stranger.post("/api/v1/bootstrap", body).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
        let credentials = json!({ "email": OPERATOR, "password": PASSWORD, "tenant": "acme" });
        let signed_in = stranger.post("/api/v1/auth/login", credentials).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{signed_in:?}");
        let owner = Client::new(&served.base, Some(signed_in.text("access_token")));
        let address = served.base.trim_start_matches("http://").to_owned();
        Self { served, address, owner, _program: program }
    }

    /// How many sockets the server has open, where that can be seen.
    fn sockets(&self) -> Option<usize> {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.served.id())).ok()?;
        let targets = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
        Some(targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count())
    }
}

/// How the attack stands.
struct Siege {
    /// Hostile sockets that are connected now.
    connected: AtomicUsize,
    /// With so many of them it is in full swing.
    thick: usize,
    /// Honest answers that came while it was.
    served: AtomicUsize,
    over: AtomicBool,
}

impl Siege {
    fn new(kinds: &[Hostile]) -> Self {
        let most = at_once().min(kinds.len() * sockets() as usize);
        // More than a third are of kinds that stay until the server ends them.
        Self { connected: 0.into(), thick: most / 3, served: 0.into(), over: false.into() }
    }

    fn is_thick(&self) -> bool {
        self.connected.load(Ordering::SeqCst) >= self.thick
    }
}

/// Honest clients on a thread of their own: those who share one with a thousand others are slow themselves.
fn all_honest(base: String, token: Option<String>, siege: Arc<Siege>) -> JoinHandle<Vec<Duration>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut clients = JoinSet::new();
            for number in 0..HONEST {
                clients.spawn(be_honest(base.clone(), token.clone(), number, siege.clone()));
            }
            clients.join_all().await.concat()
        })
    })
}

/// Lists and opens stores, on one connection or on a new one each time, until it is over. Each request must succeed,
/// and in time.
async fn be_honest(base: String, token: Option<String>, number: u64, siege: Arc<Siege>) -> Vec<Duration> {
    let (mut took, mut client) = (Vec::new(), Client::new(&base, token.clone()));
    while !siege.over.load(Ordering::SeqCst) {
        if number.is_multiple_of(2) {
            client = Client::new(&base, token.clone());
        }
        let (began, n) = (Instant::now(), took.len());
        let asks = async {
            if n % 4 == 0 {
                let store = json!({ "name": "Town", "code": format!("H{number}-{n}"), "currency": "KES" });
                (client.post("/api/v1/stores", store).await, StatusCode::CREATED)
            } else {
                (client.get("/api/v1/stores?limit=5").await, StatusCode::OK)
            }
        };
        let answered = timeout(ANSWERED_WITHIN, asks).await;
        let (answer, due) = answered.expect("an honest request is answered in time");
        assert_eq!(answer.status, due, "{answer:?}");
        took.push(began.elapsed());
        if siege.is_thick() {
            siege.served.fetch_add(1, Ordering::SeqCst);
        }
        sleep(Duration::from_millis(5)).await;
    }
    took
}

/// How a hostile client's connection ended.
struct Ending {
    kind: Hostile,
    /// The last answer, where there was one.
    status: Option<u16>,
    /// How long after the client was connected.
    after: Duration,
}

/// All kinds side by side, so many sockets of each.
async fn attack(place: &Place, kinds: &[Hostile], siege: &Arc<Siege>) -> Vec<Ending> {
    let (seats, mut clients) = (Arc::new(Semaphore::new(at_once())), JoinSet::new());
    for _ in 0..sockets() {
        for kind in kinds {
            let (kind, seats, address, siege) = (*kind, seats.clone(), place.address.clone(), siege.clone());
            let token = place.owner.token.clone().unwrap();
            clients.spawn(async move {
                let _seat = seats.acquire().await.unwrap();
                be_hostile(kind, &address, &token, &siege).await
            });
        }
    }
    let endings = clients.join_all().await;
    assert_eq!(endings.len() as u64, sockets() * kinds.len() as u64);
    endings
}

/// How many hostile sockets there are of each kind.
fn sockets() -> u64 {
    prove::times(60, 250)
}

/// Each side of a connection is an open file of its process.
fn at_once() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let files = limits.lines().find(|line| line.starts_with("Max open files"));
    let files = files.and_then(|line| line.split_whitespace().nth(3)?.parse::<usize>().ok());
    files.map_or(FEW_AT_ONCE, |files| (files / 4).min(MANY_AT_ONCE))
}

async fn be_hostile(kind: Hostile, address: &str, token: &str, siege: &Siege) -> Ending {
    let socket = TcpSocket::new_v4().unwrap();
    if kind == NeverReads {
        // The server's words pile up on its own side.
        socket.set_recv_buffer_size(4_096).unwrap();
    }
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    siege.connected.fetch_add(1, Ordering::SeqCst);
    let began = Instant::now();
    let (mut reader, mut writer) = stream.into_split();
    let mut answer = Vec::new();
    let both = async {
        if kind == NeverReads {
            // Ended by the server, it can send no more.
            say(kind, &mut writer, address, token).await;
            return;
        }
        let say = async {
            say(kind, &mut writer, address, token).await;
            // Nothing more is said, and the connection is kept.
            if kind != GoesAwayMidway {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = say => {}
            // It may be torn down while bytes are on their way.
            _ = reader.read_to_end(&mut answer) => {}
        }
    };
    // What is not ended by then is late for certain.
    let _late = timeout(FOR_EVER, both).await;
    siege.connected.fetch_sub(1, Ordering::SeqCst);
    let text = String::from_utf8_lossy(&answer);
    let statuses: Vec<u16> =
        text.match_indices("HTTP/1.1 ").filter_map(|(at, _)| text[at + 9..].get(..3)?.parse().ok()).collect();
    if kind == Pipelines {
        assert_eq!(statuses, [200; PIPELINED], "each pipelined request is answered");
    }
    Ending { kind, status: statuses.last().copied(), after: began.elapsed() }
}

/// Says what a client of this kind says, as long as it is let.
async fn say(kind: Hostile, to: &mut OwnedWriteHalf, address: &str, token: &str) {
    let get = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let post = |more: &str| {
        format!(
            "POST /api/v1/stores HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\n{more}\r\n\r\n"
        )
    };
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    match kind {
        SaysNothing => {}
        SlowHead => drip(to, &[get.trim_end(), "\r\nX-Slow: ", &"a".repeat(10_000)].concat()).await,
        HalfAHead => send(to, &get[..20]).await,
        HeadWithoutEnd => {
            send(to, get.trim_end()).await;
            while to.write_all(b"\r\nX-More: and more").await.is_ok() {
                sleep(QUICK_DRIP).await;
            }
        }
        LongHeader => send(to, &[get.trim_end(), "\r\nX-Long: ", &"a".repeat(300_000), "\r\n\r\n"].concat()).await,
        NoBody => send(to, &post("Content-Length: 400")).await,
        SlowBody => {
            send(to, &post("Content-Length: 9000")).await;
            drip(to, &" ".repeat(9_000)).await;
        }
        BodyTooLong => send(to, &[post("Content-Length: 300000"), " ".repeat(300_000)].concat()).await,
        ChunksTooLong => {
            let chunks = chunk.repeat(2 * BODY_LIMIT / 0x400);
            send(to, &[&post("Connection: close\r\nTransfer-Encoding: chunked"), &*chunks, "0\r\n\r\n"].concat()).await;
        }
        ChunksOfGarbage => {
            send(to, &[&post("Transfer-Encoding: chunked"), "garbage\r\n{}\r\n0\r\n\r\n"].concat()).await
        }
        IdlesAfterAnswer => send(to, &get).await,
        Pipelines => {
            let last = get.replacen("\r\n", "\r\nConnection: close\r\n", 1);
            send(to, &[get.repeat(PIPELINED - 1), last].concat()).await;
        }
        GoesAwayMidway => send(to, &[&post("Content-Length: 400"), "{\"name\":"].concat()).await,
        SlowSecondHead => {
            send(to, &get).await;
            drip(to, &[get.trim_end(), "\r\nX-Slow: ", &"a".repeat(10_000)].concat()).await;
        }
        HalfASecondHead => {
            send(to, &get).await;
            // Slowly, so that some of it comes after the answer.
            drip(to, &get[..20]).await;
        }
        ChunksWithoutEnd => {
            send(to, &post("Transfer-Encoding: chunked")).await;
            while to.write_all(chunk.as_bytes()).await.is_ok() {
                sleep(DRIP).await;
            }
        }
        NeverReads => {
            let long = format!("GET /api/v1/openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n");
            while to.write_all(long.as_bytes()).await.is_ok() {
                sleep(DRIP).await;
            }
        }
    }
}

/// All at once. A server that has heard enough may end the connection before all of it is sent.
async fn send(to: &mut OwnedWriteHalf, text: &str) {
    let _cut_short = to.write_all(text.as_bytes()).await;
}

/// A byte at a time.
async fn drip(to: &mut OwnedWriteHalf, text: &str) {
    for byte in text.bytes() {
        if to.write_all(&[byte]).await.is_err() {
            return;
        }
        sleep(DRIP).await;
    }
}

/// The sockets are closed, no transaction is open, and more requests at once than there are connections are served.
async fn nothing_is_left(place: &Place, database: &FreshDatabase, before: Option<usize>) {
    if database.kind == Kind::Postgres {
        let mut watch = PgConnection::connect(&database.url).await.unwrap();
        eventually("no transaction is left open", async || {
            let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                        AND application_name = 'cotenant' AND state LIKE 'idle in transaction%'";
            watch.fetch_one(busy).await.unwrap().get::<i64, _>(0) == 0
        })
        .await;
        watch.close().await.unwrap();
    }
    let mut after = JoinSet::new();
    for n in 0..4 * CONNECTIONS {
        let owner = place.owner.clone();
        after.spawn(async move {
            let store = json!({ "name": "Town", "code": format!("AFTER-{n}"), "currency": "KES" });
            owner.post("/api/v1/stores", store).await.status
        });
    }
    assert!(after.join_all().await.iter().all(|status| *status == StatusCode::CREATED));
    if let Some(before) = before {
        // Those to the database are kept.
        let kept = if database.kind == Kind::Postgres { CONNECTIONS } else { 0 };
        let enough = before + kept;
        eventually("the sockets are closed", async || place.sockets().unwrap() <= enough).await;
    }
}
