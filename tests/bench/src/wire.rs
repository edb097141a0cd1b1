use cotenant_bench::load::{Client, Requests};
use cotenant_bench::{Outcome, proxy};

use crate::database::BenchDatabase;
use crate::servers::{Kind, Served};
use crate::stores::{Endpoint, StoreRequests};

/// Enough for every connection to have prepared its statements, and for every tenant's owner to have asked before.
const WARM_UP: u32 = 400;
const REQUESTS: u32 = 50;

/// What goes to the database for one request.
pub(crate) struct PerRequest {
    pub(crate) statements: f64,
    pub(crate) round_trips: f64,
}

/// Counts what one endpoint of a server asks of the database, by listening on the wire between them.
pub(crate) async fn per_request(kind: Kind, endpoint: Endpoint, database: &BenchDatabase) -> Outcome<PerRequest> {
    let (address, counts) = proxy::listen(database.address()?).await?;
    let server = Served::start(kind, &database.url_through(address)?).await?;
    let mut client = Client::connect(server.address).await?;
    let requests = StoreRequests::new(endpoint, &database.tenants);
    for _ in 0..WARM_UP {
        ask(&mut client, &*requests).await?;
    }
    let (statements, round_trips) = (counts.statements(), counts.round_trips());
    for _ in 0..REQUESTS {
        ask(&mut client, &*requests).await?;
    }
    let each = |before: u64, after: u64| (after - before) as f64 / f64::from(REQUESTS);
    let counted = PerRequest {
        statements: each(statements, counts.statements()),
        round_trips: each(round_trips, counts.round_trips()),
    };
    drop(server);
    database.clean().await?;
    Ok(counted)
}

async fn ask(client: &mut Client, requests: &impl Requests) -> Outcome<()> {
    match client.ask(requests).await? {
        (status, _) if status == requests.expected() => Ok(()),
        (status, body) => Err(format!("answered with {status}: {}", String::from_utf8_lossy(body)).into()),
    }
}
