use cotenant_bench::figures::{median, percentile};
use cotenant_bench::load::Load;
use cotenant_bench::process::Memory;

use crate::compare::{Measurement, Round};
use crate::jobs::Measured;
use crate::kept::Kept;
use crate::logins::Logins;
use crate::neighbours::Latencies;
use crate::servers::Served;
use crate::settings::Settings;
use crate::stores::Endpoint;
use crate::wire::PerRequest;
use crate::{STORES, TENANTS};

const RATIO_AIM: f64 = 0.9;
const MEMORY_AIM: f64 = 40.0;
const ACCESS_AIM: f64 = 0.03;
const LOGIN_AIM: f64 = 0.85;
const START_AIM: f64 = 1.0;
/// What two measurements of the same thing differ by on a busy machine.
const NEIGHBOURS_AIM: f64 = 1.1;

pub(crate) fn conditions(settings: &Settings, database: &str) {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("Cotenant in release, as in production, beside a plain SeaORM server without walls, permissions or logs");
    println!("{TENANTS} tenants of {STORES} stores; {database}; {cores} cores for servers, database and load together");
    let (connections, rounds, seconds) = (settings.connections, settings.rounds, settings.length.as_secs());
    println!(
        "{connections} connections with one request each; {rounds} rounds of {seconds} s, in turns; medians of rounds"
    );
}

pub(crate) fn start(product: &Served) {
    let seconds = product.first_answer.as_secs_f64();
    println!("\nFirst answer {seconds:.2} s after the start{}", verdict(seconds < START_AIM, "under 1 s"));
}

pub(crate) fn endpoint(endpoint: Endpoint, rounds: &[Round], product: &PerRequest, baseline: &PerRequest) {
    let ratios: Vec<f64> = rounds.iter().map(|round| round.product.load.rate() / round.baseline.load.rate()).collect();
    let ratio = median(ratios.iter().copied());
    println!("\n{}", endpoint.title());
    println!("             req/s   p50 ms   p99 ms   processor µs/request: server  database    load");
    row("product", rounds.iter().map(|round| &round.product));
    row("baseline", rounds.iter().map(|round| &round.baseline));
    let spread = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
    println!("  ratio {ratio:.2}{}, by round {spread}", verdict(ratio >= RATIO_AIM, "at least 0.9"));
    if let Some(ratio) = processor_ratio(rounds) {
        println!("  ratio by processor time of server and database {ratio:.2}; it moves less when the machine is busy");
    }
    println!(
        "  for each request {:.0} statements in {:.0} round trips, baseline {:.0} in {:.0} (BEGIN, SET, COMMIT, ROLLBACK too)",
        product.statements, product.round_trips, baseline.statements, baseline.round_trips
    );
}

fn processor_ratio(rounds: &[Round]) -> Option<f64> {
    let used = |measurement: &Measurement| Some(measurement.server? + measurement.database?);
    let ratios: Option<Vec<f64>> =
        rounds.iter().map(|round| Some(used(&round.baseline)? / used(&round.product)?)).collect();
    ratios.map(median)
}

fn row<'a>(name: &str, measurements: impl Iterator<Item = &'a Measurement> + Clone) {
    let rate = median(measurements.clone().map(|m| m.load.rate()));
    let latency = |share| median(measurements.clone().map(|m| percentile(&m.load.latencies, share)));
    let cpu = |of: fn(&Measurement) -> Option<f64>| match median(measurements.clone().filter_map(of)) {
        unknown if unknown.is_nan() => "-".to_owned(),
        known => format!("{known:.0}"),
    };
    let (server, database, client) = (cpu(|m| m.server), cpu(|m| m.database), cpu(|m| m.client));
    println!("  {name:9} {rate:7.0} {:8.2} {:8.2} {server:>29} {database:>9} {client:>7}", latency(0.5), latency(0.99));
}

pub(crate) fn memory(product: Option<Memory>, baseline: Option<Memory>) {
    println!();
    for (name, memory) in [("product", product), ("baseline", baseline)] {
        let Some(Memory { resident, proportional }) = memory else {
            println!("Memory of the {name}: not known on this system");
            continue;
        };
        let aim = if name == "product" { verdict(resident <= MEMORY_AIM, "at most 40 MiB") } else { String::new() };
        println!(
            "Memory of the {name} after the load: {resident:.1} MiB resident, {proportional:.1} MiB proportional{aim}"
        );
    }
}

/// What the access read costs the plain server's list, which is the same statement on the same connections.
pub(crate) fn access(rounds: &[(Measurement, Measurement)]) {
    let cost = median(rounds.iter().map(|(alone, after)| 1.0 - after.load.rate() / alone.load.rate()));
    println!("\nThe access read before a list, on the plain server");
    println!("             req/s   p50 ms   p99 ms   processor µs/request: server  database    load");
    row("without", rounds.iter().map(|(alone, _)| alone));
    row("with", rounds.iter().map(|(_, after)| after));
    println!("  it costs {:.0} % of the list's rate{}", cost * 100.0, verdict(cost < ACCESS_AIM, "under 3 %"));
}

/// What an `Idempotency-Key` costs the product where it makes something.
pub(crate) fn once(rounds: &[(Measurement, Measurement)]) {
    let ratio = median(rounds.iter().map(|(plain, once)| once.load.rate() / plain.load.rate()));
    println!("\n{}, on the product", Endpoint::CreateOnce.title());
    println!("             req/s   p50 ms   p99 ms   processor µs/request: server  database    load");
    row("without", rounds.iter().map(|(plain, _)| plain));
    row("with", rounds.iter().map(|(_, once)| once));
    println!("  ratio {ratio:.2}: the claim and the keeping of the answer are two statements more");
}

pub(crate) fn kept(kept: &Kept) {
    println!("\nWhat the cache saves, of {:.1} % hits", kept.hit_rate * 100.0);
    println!("             req/s   p50 ms   p99 ms   processor µs/request: server  database    load");
    for (endpoint, rounds) in &kept.rounds {
        let gain = median(rounds.iter().map(|(with, without)| with.load.rate() / without.load.rate()));
        println!("{}: {gain:.2} times as many a second", endpoint.title());
        row("with", rounds.iter().map(|(with, _)| with));
        row("without", rounds.iter().map(|(_, without)| without));
    }
}

/// What it costs to count each request against its tenant and its person, and to say so in the answer.
pub(crate) fn limiter(rounds: &[(Measurement, Measurement)]) {
    let ratio = median(rounds.iter().map(|(off, on)| on.load.rate() / off.load.rate()));
    println!("\nRate limits, counted in the process, at a list");
    println!("             req/s   p50 ms   p99 ms   processor µs/request: server  database    load");
    row("off", rounds.iter().map(|(off, _)| off));
    row("on", rounds.iter().map(|(_, on)| on));
    println!("  on reaches {ratio:.2} of off");
}

pub(crate) fn logins(rounds: &[Logins]) {
    let of = |part: fn(&Logins) -> f64| median(rounds.iter().map(part));
    let ratio = of(|round| round.logins.rate() / round.bare);
    println!("\nSigning in, by {} at a time", crate::logins::CONNECTIONS);
    println!(
        "  {:.0} a second, where as many threads that do nothing but hash make {:.0}: ratio {ratio:.2}{}",
        of(|round| round.logins.rate()),
        of(|round| round.bare),
        verdict(ratio >= LOGIN_AIM, "at least 0.85")
    );
    let latency =
        |part: fn(&Logins) -> &Load, share| median(rounds.iter().map(|r| percentile(&part(r).latencies, share)));
    println!(
        "  a list takes {:.2} ms (p99 {:.2}) meanwhile, {:.2} ms (p99 {:.2}) otherwise",
        latency(|r| &r.beside, 0.5),
        latency(|r| &r.beside, 0.99),
        latency(|r| &r.otherwise, 0.5),
        latency(|r| &r.otherwise, 0.99)
    );
}

pub(crate) fn neighbours(rounds: &[Latencies]) {
    let (among, alone) = (median(rounds.iter().map(|r| r.among)), median(rounds.iter().map(|r| r.alone)));
    let ratio = median(rounds.iter().map(|r| r.among / r.alone));
    println!(
        "\nList of one tenant: {among:.3} ms among {TENANTS} tenants, {alone:.3} ms alone in its database: {ratio:.2} times{}",
        verdict(ratio <= NEIGHBOURS_AIM, "at most 1.1")
    );
}

pub(crate) fn jobs(measured: &[Measured]) {
    println!(
        "\nJobs, from enqueue to done: one worker in a process of its own, beside the same statements by a loop of hand"
    );
    for Measured { on, rates, alone, beside, left } in measured {
        let (worker, by_hand) = (median(rates.iter().map(|rate| rate.0)), median(rates.iter().map(|rate| rate.1)));
        let ratio = median(rates.iter().map(|rate| rate.0 / rate.1));
        println!("  {on:10} {worker:6.0} a second, by hand {by_hand:.0}: ratio {ratio:.2}");
        let told = |waits: &[f64]| format!("{:.0} ms (longest {:.0})", percentile(waits, 0.5), percentile(waits, 1.0));
        println!(
            "  {:10} one job of a tenant is done after {} beside {} jobs of another, of which {left} are left at the end; \
             after {} beside none ({} tries each, a look every 20 ms)",
            "",
            told(beside),
            crate::jobs::FLOOD,
            told(alone),
            crate::jobs::TRIES
        );
    }
}

fn verdict(is_met: bool, aim: &str) -> String {
    format!(" (aim: {aim}{})", if is_met { "" } else { "; NOT MET" })
}
