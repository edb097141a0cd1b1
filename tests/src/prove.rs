//! How much a check tries, from which seed, and where it leaves its figures.
//!
//! `make test` tries what takes seconds. `make prove` sets `COTENANT_PROVE`: the same checks try as much as a proof needs,
//! or that many times more (`COTENANT_PROVE=20`). Whatever is random comes from one seed, printed and taken from
//! `COTENANT_PROVE_SEED`. Each check leaves its figures in the folder `COTENANT_PROVE_FIGURES`, where there is one, and
//! `make prove` prints them as one table.

use std::io::Write;
use std::path::Path;

/// The seed where none is set.
const SEED: u64 = 4_393;

/// How much to try: `in_test` under `make test`, `in_proof` under `make prove`, and multiples of that where the setting is a
/// number.
pub fn times(in_test: u64, in_proof: u64) -> u64 {
    match std::env::var("COTENANT_PROVE") {
        Err(_) => in_test,
        Ok(setting) if setting == "ci" => in_proof,
        Ok(setting) => {
            let factor: u64 = setting.parse().expect("COTENANT_PROVE is 'ci' or a whole number");
            in_proof.saturating_mul(factor)
        }
    }
}

/// The seed of everything random in this run; `of` tells one check's numbers from another's.
pub fn seed(of: &str) -> u64 {
    let run = std::env::var("COTENANT_PROVE_SEED");
    let run = run.map_or(SEED, |seed| seed.parse().expect("COTENANT_PROVE_SEED is a whole number"));
    // FNV-1a.
    of.bytes().fold(run ^ 0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Leaves a check's figures: what was tried and what came of it. The name is the check's in the table, `on` the database or
/// `-`; what has to be zero is asserted by the check itself.
pub fn figures(check: &str, on: &str, figures: &[(&str, u64)]) {
    let line: Vec<_> = figures.iter().map(|(name, value)| format!("{value} {name}")).collect();
    // Not by `eprintln!`, which a test that passes keeps to itself.
    let line = format!("{check} on {on}: {}\n", line.join(", "));
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    let Ok(folder) = std::env::var("COTENANT_PROVE_FIGURES") else { return };
    let lines: String = figures.iter().map(|(name, value)| format!("{check}\t{on}\t{value}\t{name}\n")).collect();
    std::fs::write(Path::new(&folder).join(format!("{check} on {on}")), lines).unwrap();
}
