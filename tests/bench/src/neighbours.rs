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

/// Asks for the list of one tenant in both databases, in turns.
pub(crate) async fn rounds(
    settings: &Settings,
    among: &Served,
    full: &BenchDatabase,
    alone: &BenchDatabase,
) -> Outcome<Vec<Latencies>> {
    let server = Served::start(Kind::Product, &alone.url).await?;
    let (few, many): (Rc<[Tenant]>, Rc<[Tenant]>) =
        (alone.tenants.clone(), full.tenants.iter().take(1).cloned().collect());
    for (server, tenants) in [(&server, &few), (among, &many)] {
        latency(server, tenants, WARM_UP).await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..settings.rounds {
        rounds.push(Latencies {
            among: latency(among, &many, settings.length / 2).await?,
            alone: latency(&server, &few, settings.length / 2).await?,
        });
    }
    Ok(rounds)
}

async fn latency(server: &Served, tenants: &Rc<[Tenant]>, length: Duration) -> Outcome<f64> {
    let requests = StoreRequests::new(Endpoint::List, tenants);
    let load = load::run(server.address, &requests, CONNECTIONS, length).await?;
    if load.wrong > 0 {
        return Err(format!("{} wrong answers", load.wrong).into());
    }
    Ok(percentile(&load.latencies, 0.5))
}
