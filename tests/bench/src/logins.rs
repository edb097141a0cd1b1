//! How many people can sign in, beside what the machine can hash, and what everybody else feels of it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use cotenant_bench::Outcome;
use cotenant_bench::load::{self, Load, Requests};

use crate::database::{BenchDatabase, Tenant};
use crate::servers::Served;
use crate::settings::Settings;
use crate::stores::{Endpoint, StoreRequests};

/// Who signs in at a time: enough that the hasher is never idle.
pub(crate) const CONNECTIONS: usize = 8;
/// Who asks for lists beside them.
const NEIGHBOURS: usize = 2;
const PASSWORD: &str = "seven tall giraffes at dusk";
const SALT: &[u8] = b"salt of the bench";

/// One round.
pub(crate) struct Logins {
    /// Signing in, and nothing else: what is compared with bare hashes must not share the cores with other requests.
    pub(crate) logins: Load,
    /// Lists while others sign in.
    pub(crate) beside: Load,
    /// Lists while nobody signs in.
    pub(crate) otherwise: Load,
    /// Hashes in a second by threads that do nothing else.
    pub(crate) bare: f64,
}

/// Everybody gets a password with the product's own cost of hashing, which is the library's too, and signs in.
pub(crate) async fn rounds(settings: &Settings, product: &Served, database: &BenchDatabase) -> Outcome<Vec<Logins>> {
    let hash = Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), SALT).map_err(|e| e.to_string())?;
    let hash = hash.to_string();
    database.everybody_has(&hash).await?;
    let people = Rc::new(SignIns { tenants: database.tenants.clone(), turn: Cell::new(0) });
    let lists = StoreRequests::new(Endpoint::List, &database.tenants);
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        let otherwise = load::run(product.address, &lists, NEIGHBOURS, settings.length).await?;
        let logins = load::run(product.address, &people, CONNECTIONS, settings.length).await?;
        let (meanwhile, beside) = tokio::join!(
            load::run(product.address, &people, CONNECTIONS, settings.length),
            load::run(product.address, &lists, NEIGHBOURS, settings.length)
        );
        let (meanwhile, beside) = (meanwhile?, beside?);
        let wrong = logins.wrong + meanwhile.wrong + beside.wrong + otherwise.wrong;
        if wrong > 0 || logins.latencies.is_empty() {
            return Err(format!("{wrong} wrong answers, {} right sign-ins", logins.latencies.len()).into());
        }
        rounds.push(Logins { logins, beside, otherwise, bare: bare(&hash, settings.length) });
        database.clean().await?;
    }
    Ok(rounds)
}

/// As many threads as the product hashes with by default, one for every two cores, and what they hash in a second.
fn bare(hash: &str, length: Duration) -> f64 {
    let threads = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
    let began = Instant::now();
    let count: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| hashes(hash, began + length))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
    });
    count as f64 / began.elapsed().as_secs_f64()
}

fn hashes(hash: &str, end: Instant) -> usize {
    let (Ok(hash), argon2) = (PasswordHash::new(hash), Argon2::default()) else { return 0 };
    let mut count = 0;
    while Instant::now() < end && argon2.verify_password(PASSWORD.as_bytes(), &hash).is_ok() {
        count += 1;
    }
    count
}

/// Sign-ins of one member of each tenant after the other.
struct SignIns {
    tenants: Rc<[Tenant]>,
    turn: Cell<usize>,
}

impl Requests for SignIns {
    fn write_next(&self, out: &mut Vec<u8>) {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        let slug = &self.tenants[turn % self.tenants.len()].slug;
        let body = format!(r#"{{"email":"1@{slug}.example","password":"{PASSWORD}","tenant":"{slug}"}}"#);
        let length = body.len();
        let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n";
        out.extend_from_slice(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes());
    }

    fn expected(&self) -> u16 {
        200
    }
}
