//! What the cache saves: the product with it and without it, over the same database, in turns.

use cotenant_bench::Outcome;

use crate::compare::{self, Measurement};
use crate::database::BenchDatabase;
use crate::servers::{Kind, Served};
use crate::settings::Settings;
use crate::stores::Endpoint;

/// What came out.
pub(crate) struct Kept {
    /// For each request, measurements with the cache and without.
    pub(crate) rounds: Vec<(Endpoint, Vec<(Measurement, Measurement)>)>,
    /// The part of all look-ups that found something, as the server says when it stops.
    pub(crate) hit_rate: f64,
}

pub(crate) async fn rounds(settings: &Settings, database: &BenchDatabase) -> Outcome<Kept> {
    let with = Served::start(Kind::Product, &database.url).await?;
    let without = Served::start(Kind::Uncached, &database.url).await?;
    let mut rounds = Vec::new();
    for endpoint in Endpoint::KEPT {
        rounds.push((endpoint, compare::in_turns(settings, database, (&with, endpoint), (&without, endpoint)).await?));
    }
    let log = with.stop()?;
    let (hits, misses) = (figure(&log, "hits")?, figure(&log, "misses")?);
    Ok(Kept { rounds, hit_rate: hits / (hits + misses) })
}

/// A number in the line that the server logs about its cache when it stops.
fn figure(log: &str, name: &str) -> Outcome<f64> {
    let line = log.lines().rfind(|line| line.contains("what the cache has done"));
    let value = line.and_then(|line| line.split_once(&format!("\"{name}\":"))).map(|(_, rest)| rest);
    let digits = value.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    Ok(digits.ok_or("the server did not say what its cache has done")?.parse()?)
}
