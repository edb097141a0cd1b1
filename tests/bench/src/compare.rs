use std::rc::Rc;
use std::time::Duration;

use cotenant_bench::load::{self, Load};
use cotenant_bench::{Outcome, process};

use crate::database::BenchDatabase;
use crate::servers::Served;
use crate::settings::Settings;
use crate::stores::{Endpoint, StoreRequests};

const WARM_UP: Duration = Duration::from_secs(1);

/// One measurement of each server, one right after the other.
pub(crate) struct Round {
    pub(crate) product: Measurement,
    pub(crate) baseline: Measurement,
}

/// One server under load.
pub(crate) struct Measurement {
    pub(crate) load: Load,
    /// Processor time for each answer, in microseconds.
    pub(crate) server: Option<f64>,
    pub(crate) database: Option<f64>,
    pub(crate) client: Option<f64>,
}

/// Measures both servers at one endpoint, in turns; who begins changes from round to round.
pub(crate) async fn rounds(
    settings: &Settings,
    endpoint: Endpoint,
    product: &Served,
    baseline: &Served,
    database: &BenchDatabase,
) -> Outcome<Vec<Round>> {
    let pairs = in_turns(settings, database, (product, endpoint), (baseline, endpoint)).await?;
    Ok(pairs.into_iter().map(|(product, baseline)| Round { product, baseline }).collect())
}

/// Measures two things in turns; which begins changes from round to round.
pub(crate) async fn in_turns(
    settings: &Settings,
    database: &BenchDatabase,
    one: (&Served, Endpoint),
    other: (&Served, Endpoint),
) -> Outcome<Vec<(Measurement, Measurement)>> {
    let bench = Bench { settings, database, postmaster: database.postmaster().await? };
    for (server, endpoint) in [one, other] {
        bench.measure(server, endpoint, WARM_UP).await?;
    }
    let mut pairs = Vec::new();
    for round in 0..settings.rounds {
        let (first, second) = if round % 2 == 0 { (one, other) } else { (other, one) };
        let first = bench.measure(first.0, first.1, settings.length).await?;
        let second = bench.measure(second.0, second.1, settings.length).await?;
        pairs.push(if round % 2 == 0 { (first, second) } else { (second, first) });
    }
    Ok(pairs)
}

struct Bench<'a> {
    settings: &'a Settings,
    database: &'a BenchDatabase,
    postmaster: Option<u32>,
}

impl Bench<'_> {
    async fn measure(&self, server: &Served, endpoint: Endpoint, length: Duration) -> Outcome<Measurement> {
        let requests: Rc<StoreRequests> = StoreRequests::new(endpoint, &self.database.tenants);
        let before = self.used(server);
        let load = load::run(server.address, &requests, self.settings.connections, length).await?;
        let after = self.used(server);
        if load.wrong > 0 || load.latencies.is_empty() {
            let right = load.latencies.len();
            return Err(format!("{endpoint:?}: {} wrong answers and {right} right ones", load.wrong).into());
        }
        if endpoint.makes_something() {
            self.database.clean().await?;
        }
        let each = |index: usize| Some((after[index]? - before[index]?) * 1e6 / load.latencies.len() as f64);
        Ok(Measurement { server: each(0), database: each(1), client: each(2), load })
    }

    /// Processor time used so far by the server, the database and the load.
    fn used(&self, server: &Served) -> [Option<f64>; 3] {
        [
            process::cpu(server.pid()),
            self.postmaster.and_then(process::cpu_with_children),
            process::cpu(std::process::id()),
        ]
    }
}
