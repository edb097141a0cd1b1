use std::time::Duration;

use cotenant_bench::Outcome;

/// How much is measured.
pub(crate) struct Settings {
    /// `BENCH_SECONDS`: how long each measurement lasts.
    pub(crate) length: Duration,
    /// `BENCH_ROUNDS`: how often each is made.
    pub(crate) rounds: usize,
    /// `BENCH_CONNECTIONS`: how many clients ask at a time.
    pub(crate) connections: usize,
    /// `BENCH_ONLY=jobs`: whether jobs alone are measured.
    pub(crate) jobs_alone: bool,
}

impl Settings {
    pub(crate) fn from_environment() -> Outcome<Self> {
        Ok(Self {
            length: Duration::from_secs(number("BENCH_SECONDS", 4)?),
            rounds: usize::try_from(number("BENCH_ROUNDS", 5)?)?,
            connections: usize::try_from(number("BENCH_CONNECTIONS", 64)?)?,
            jobs_alone: match std::env::var("BENCH_ONLY").as_deref() {
                Err(_) => false,
                Ok("jobs") => true,
                Ok(other) => return Err(format!("BENCH_ONLY is '{other}'; it can only be 'jobs'").into()),
            },
        })
    }
}

fn number(name: &str, default: u64) -> Outcome<u64> {
    match std::env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => match text.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(format!("{name} is '{text}'; it can only be a whole number above 0").into()),
        },
    }
}
