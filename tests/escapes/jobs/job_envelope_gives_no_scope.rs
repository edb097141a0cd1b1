// An envelope is data; only the worker's step makes an attempt of it.
use cotenant_domain::Deps;
use cotenant_domain::jobs::{Attempt, JobEnvelope};

fn forge<'a>(deps: &'a Deps, envelope: &JobEnvelope) -> Attempt<'a> {
    Attempt::new(deps, *envelope, 1)
}

fn main() {}
