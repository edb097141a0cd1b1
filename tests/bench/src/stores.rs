use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use cotenant_bench::Outcome;
use cotenant_bench::load::{Client, Requests};
use serde_json::Value;

use crate::database::{BenchDatabase, Tenant};
use crate::servers::Served;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    List,
    Get,
    Create,
    /// The same under an `Idempotency-Key`, which only the product is asked for.
    CreateOnce,
    /// The list after an access read, which only the plain server is asked for: what that read costs by itself.
    ListAfterAccess,
    /// The tenant's own record, which is kept.
    Tenant,
    /// Who is signed in, of which the tenant is kept.
    Me,
    /// A store's products, of which is kept that the store is there.
    Products,
}

impl Endpoint {
    /// What both servers are compared at.
    pub(crate) const ALL: [Self; 3] = [Self::List, Self::Get, Self::Create];

    /// What is quicker by what is kept.
    pub(crate) const KEPT: [Self; 3] = [Self::Tenant, Self::Me, Self::Products];

    /// Whether it adds rows.
    pub(crate) fn makes_something(self) -> bool {
        matches!(self, Self::Create | Self::CreateOnce)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::List => "List of 20 stores",
            Self::Get => "One store",
            Self::Create => "Opening a store",
            Self::CreateOnce => "Opening a store under an Idempotency-Key",
            Self::ListAfterAccess => "List of 20 stores after an access read",
            Self::Tenant => "The tenant",
            Self::Me => "Who is signed in",
            Self::Products => "Products of a store",
        }
    }
}

/// Requests of tenants at random.
pub(crate) struct StoreRequests {
    endpoint: Endpoint,
    tenants: Rc<[Tenant]>,
    random: Cell<u64>,
}

/// Numbers the stores that are opened, so that no code comes twice.
static OPENED: AtomicU64 = AtomicU64::new(0);
/// Numbers the keys, so that none comes twice.
static KEYS: AtomicU64 = AtomicU64::new(0);

impl StoreRequests {
    pub(crate) fn new(endpoint: Endpoint, tenants: &Rc<[Tenant]>) -> Rc<Self> {
        Rc::new(Self { endpoint, tenants: tenants.clone(), random: Cell::new(0) })
    }

    /// SplitMix64: spread well enough, and the same in every run.
    fn choose<'t, T>(&self, among: &'t [T]) -> &'t T {
        let state = self.random.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.random.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        &among[((mixed ^ (mixed >> 31)) % among.len() as u64) as usize]
    }
}

impl Requests for StoreRequests {
    fn write_next(&self, out: &mut Vec<u8>) {
        let tenant = self.choose(&self.tenants);
        let (line, body) = match self.endpoint {
            Endpoint::List => ("GET /api/v1/stores?limit=20".to_owned(), String::new()),
            Endpoint::Get => (format!("GET /api/v1/stores/{}", self.choose(&tenant.stores)), String::new()),
            Endpoint::Create | Endpoint::CreateOnce => ("POST /api/v1/stores".to_owned(), new_store()),
            Endpoint::ListAfterAccess => {
                (format!("GET /api/v1/stores?limit=20&session={}", tenant.session), String::new())
            }
            Endpoint::Tenant => ("GET /api/v1/tenant".to_owned(), String::new()),
            Endpoint::Me => ("GET /api/v1/auth/me".to_owned(), String::new()),
            // Few stores of a tenant are busy.
            Endpoint::Products => {
                let busy = &tenant.stores[..tenant.stores.len().min(5)];
                (format!("GET /api/v1/stores/{}/products", self.choose(busy)), String::new())
            }
        };
        let token = &tenant.token;
        let head = format!("{line} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n");
        out.extend_from_slice(head.as_bytes());
        if self.endpoint == Endpoint::CreateOnce {
            let key = KEYS.fetch_add(1, Ordering::Relaxed);
            out.extend_from_slice(format!("Idempotency-Key: bench-{key}\r\n").as_bytes());
        }
        if !body.is_empty() {
            let length = body.len();
            let about = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n");
            out.extend_from_slice(about.as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body.as_bytes());
    }

    fn expected(&self) -> u16 {
        if self.endpoint.makes_something() { 201 } else { 200 }
    }
}

fn new_store() -> String {
    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    format!(r#"{{"name":"Bench {number}","code":"bench-{number}","timezone":"Africa/Nairobi","currency":"KES"}}"#)
}

/// Makes sure that both servers do the same work: a comparison of different answers says nothing.
///
/// # Errors
///
/// The first difference.
pub(crate) async fn check_same_answers(one: &Served, other: &Served, database: &BenchDatabase) -> Outcome<()> {
    for endpoint in Endpoint::ALL {
        let mut answers = [answer(one, endpoint, database).await?, answer(other, endpoint, database).await?];
        for answer in &mut answers {
            let document = answer.as_object_mut().ok_or("an answer that is no object")?;
            // Each server has cursors of its own, and a new store its own id, code and time.
            let own: &[&str] = match endpoint {
                Endpoint::List | Endpoint::ListAfterAccess => &["next_cursor"],
                Endpoint::Get | Endpoint::Tenant | Endpoint::Me | Endpoint::Products => &[],
                Endpoint::Create | Endpoint::CreateOnce => &["id", "name", "code", "created_at", "updated_at"],
            };
            document.retain(|field, _| !own.contains(&field.as_str()));
        }
        if answers[0] != answers[1] {
            return Err(format!("{endpoint:?} is answered differently: {} and {}", answers[0], answers[1]).into());
        }
    }
    database.clean().await
}

async fn answer(server: &Served, endpoint: Endpoint, database: &BenchDatabase) -> Outcome<Value> {
    let requests = StoreRequests::new(endpoint, &database.tenants);
    let mut client = Client::connect(server.address).await?;
    let (status, body) = client.ask(&*requests).await?;
    let document: Value = serde_json::from_slice(body)?;
    let is_right = status == requests.expected()
        && (endpoint != Endpoint::List || document["data"].as_array().is_some_and(|stores| stores.len() == 20));
    if is_right { Ok(document) } else { Err(format!("{endpoint:?} is answered with {status}: {document}").into()) }
}
