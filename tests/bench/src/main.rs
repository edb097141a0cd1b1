//! `make bench`: the product beside a plain server over the same table, in one run, in turns.

mod by_hand;
mod compare;
mod database;
mod jobs;
mod kept;
mod logins;
mod neighbours;
mod report;
mod servers;
mod settings;
mod stores;
mod wire;

use cotenant_bench::{Outcome, process};
use database::BenchDatabase;
use servers::{Kind, Served};
use settings::Settings;
use stores::Endpoint;

/// Tenants in the full database, and stores of each.
const TENANTS: u32 = 200;
const STORES: u32 = 1_000;

fn main() -> Outcome<()> {
    actix_web::rt::System::new().block_on(bench())
}

async fn bench() -> Outcome<()> {
    let settings = Settings::from_environment()?;
    if settings.jobs_alone {
        report::jobs(&jobs::measure(&settings).await?);
        return Ok(());
    }
    let full = BenchDatabase::create("full", TENANTS, STORES).await?;
    let alone = BenchDatabase::create("alone", 1, STORES).await?;
    report::conditions(&settings, &full.describe().await?);
    let measured = measure(&settings, &full, &alone).await;
    full.drop().await?;
    alone.drop().await?;
    measured?;
    report::jobs(&jobs::measure(&settings).await?);
    Ok(())
}

async fn measure(settings: &Settings, full: &BenchDatabase, alone: &BenchDatabase) -> Outcome<()> {
    let product = Served::start(Kind::Product, &full.url).await?;
    let baseline = Served::start(Kind::Baseline, &full.url).await?;
    report::start(&product);
    stores::check_same_answers(&product, &baseline, full).await?;
    for endpoint in Endpoint::ALL {
        let rounds = compare::rounds(settings, endpoint, &product, &baseline, full).await?;
        let product_asks = wire::per_request(Kind::Product, endpoint, full).await?;
        let baseline_asks = wire::per_request(Kind::Baseline, endpoint, full).await?;
        report::endpoint(endpoint, &rounds, &product_asks, &baseline_asks);
    }
    report::memory(process::memory(product.pid()), process::memory(baseline.pid()));
    let (without, with) = ((&baseline, Endpoint::List), (&baseline, Endpoint::ListAfterAccess));
    report::access(&compare::in_turns(settings, full, without, with).await?);
    drop(baseline);
    let (without, with) = ((&product, Endpoint::Create), (&product, Endpoint::CreateOnce));
    report::once(&compare::in_turns(settings, full, without, with).await?);
    let limited = Served::start(Kind::Limited, &full.url).await?;
    let (without, with) = ((&product, Endpoint::List), (&limited, Endpoint::List));
    report::limiter(&compare::in_turns(settings, full, without, with).await?);
    drop(limited);
    report::logins(&logins::rounds(settings, &product, full).await?);
    drop(product);
    report::kept(&kept::rounds(settings, full).await?);
    report::neighbours(&neighbours::rounds(settings, full, alone).await?);
    Ok(())
}
