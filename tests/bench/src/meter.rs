use cotenant_bench::Outcome;
use cotenant_bench::load::{Client, Requests};
use cotenant_server::config::{Config, Sources};
use cotenant_server::start;

use crate::database::BenchDatabase;
use crate::servers::product_settings;
use crate::stores::{Endpoint, StoreRequests};

const REQUESTS: u64 = 50;

/// What goes to the database for one request.
pub(crate) struct PerRequest {
    pub(crate) statements: f64,
    pub(crate) round_trips: f64,
}

/// Asks a product's server in this process, whose meter can be read.
pub(crate) async fn per_request(endpoint: Endpoint, database: &BenchDatabase) -> Outcome<PerRequest> {
    let settings = product_settings(database, 0).into_iter();
    let sources = settings.fold(Sources::default(), |sources, (name, value)| sources.with(name, value));
    // The worker asks for due jobs once at the start, and then not before this is over.
    let running = start(&Config::load(&sources.with("COTENANT__JOBS__POLL_MS", "3600000"))?).await?;
    let (address, handle, database_of_server) = (running.address(), running.handle(), running.database().clone());
    let serving = actix_web::rt::spawn(running.run());
    let mut client = Client::connect(address).await?;
    let requests = StoreRequests::new(endpoint, &database.tenants);
    ask(&mut client, &*requests).await?;
    let meter = database_of_server.meter();
    let (statements, round_trips) = (meter.statements(), meter.round_trips());
    for _ in 0..REQUESTS {
        ask(&mut client, &*requests).await?;
    }
    let each = |before: u64, after: u64| (after - before) as f64 / REQUESTS as f64;
    let counted = PerRequest {
        statements: each(statements, meter.statements()),
        round_trips: each(round_trips, meter.round_trips()),
    };
    drop(client);
    handle.stop(false).await;
    serving.await??;
    database.clean().await?;
    Ok(counted)
}

async fn ask(client: &mut Client, requests: &impl Requests) -> Outcome<()> {
    match client.ask(requests).await? {
        (status, _) if status == requests.expected() => Ok(()),
        (status, body) => Err(format!("answered with {status}: {}", String::from_utf8_lossy(body)).into()),
    }
}
