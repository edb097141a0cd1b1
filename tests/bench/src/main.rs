//! `make bench`: the product beside a plain server over the same table, in one run, in turns.

mod compare;
mod database;
mod meter;
mod neighbours;
mod report;
mod servers;
mod settings;
mod stores;

use cotenant_bench::{Outcome, process};
use database::BenchDatabase;
use servers::Served;
use settings::Settings;

/// Tenants in the full database, and stores of each.
const TENANTS: u32 = 200;
const STORES: u32 = 1_000;

fn main() -> Outcome<()> {
    actix_web::rt::System::new().block_on(bench())
}

async fn bench() -> Outcome<()> {
    let settings = Settings::from_environment()?;
    let full = BenchDatabase::create("full", TENANTS, STORES).await?;
    let alone = BenchDatabase::create("alone", 1, STORES).await?;
    report::conditions(&settings, &full.describe().await?);
    let measured = measure(&settings, &full, &alone).await;
    full.drop().await?;
    alone.drop().await?;
    measured
}

async fn measure(settings: &Settings, full: &BenchDatabase, alone: &BenchDatabase) -> Outcome<()> {
    let product = Served::product(full).await?;
    let baseline = Served::baseline(full).await?;
    report::start(&product);
    stores::check_same_answers(&product, &baseline, full).await?;
    for endpoint in stores::Endpoint::ALL {
        let rounds = compare::rounds(settings, endpoint, &product, &baseline, full).await?;
        report::endpoint(endpoint, &rounds, meter::per_request(endpoint, full).await?);
    }
    report::memory(process::memory(product.pid()), process::memory(baseline.pid()));
    report::neighbours(&neighbours::rounds(settings, &product, full, alone).await?);
    Ok(())
}
