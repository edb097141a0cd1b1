//! Whether a tenant feels that other tenants have rows too.

use std::rc::Rc;
use std::time::Duration;

use cotenant_bench::Outcome;
use cotenant_bench::figures::percentile;
use cotenant_bench::load;

use crate::database::{BenchDatabase, Tenant};
use crate::servers::{Kind, Served};
use crate::settings::Settings;
use crate::stores::{Endpoint, StoreRequests};

/// Few enough that nothing waits for a processor.
const CONNECTIONS: usize = 2;
const WARM_UP: Duration = Duration::from_secs(1);

/// How long one tenant's list takes, in milliseconds (median): among other tenants, and in a database of its own.
pub(crate) struct Latencies {
    pub(crate) among: f64,
    pub(crate) alone: f64,
}

/// Asks for the list of one tenant in both databases, in turns. Both servers are new, so that both have as few connections.
pub(crate) async fn rounds(
    settings: &Settings,
    full: &BenchDatabase,
    alone: &BenchDatabase,
) -> Outcome<Vec<Latencies>> {
    let among = Neighbour::of(full).await?;
    let alone = Neighbour::of(alone).await?;
    let mut rounds = Vec::new();
    for round in 0..settings.rounds {
        let length = settings.length / 2;
        rounds.push(if round % 2 == 0 {
            let among = among.latency(length).await?;
            Latencies { among, alone: alone.latency(length).await? }
        } else {
            let alone = alone.latency(length).await?;
            Latencies { among: among.latency(length).await?, alone }
        });
    }
    Ok(rounds)
}

/// One tenant, and a server for it.
struct Neighbour {
    server: Served,
    requests: Rc<StoreRequests>,
}

impl Neighbour {
    async fn of(database: &BenchDatabase) -> Outcome<Self> {
        let server = Served::start(Kind::Product, &database.url).await?;
        let one: Rc<[Tenant]> = database.tenants.iter().take(1).cloned().collect();
        let neighbour = Self { server, requests: StoreRequests::new(Endpoint::List, &one) };
        neighbour.latency(WARM_UP).await?;
        Ok(neighbour)
    }

    async fn latency(&self, length: Duration) -> Outcome<f64> {
        let load = load::run(self.server.address, &self.requests, CONNECTIONS, length).await?;
        if load.wrong > 0 {
            return Err(format!("{} wrong answers", load.wrong).into());
        }
        Ok(percentile(&load.latencies, 0.5))
    }
}
