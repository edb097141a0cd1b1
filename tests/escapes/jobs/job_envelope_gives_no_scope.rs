// An envelope is data; only the worker's step makes a scope of it.
use cotenant_domain::jobs::{JobEnvelope, JobScope};

fn forge(envelope: &JobEnvelope) -> JobScope {
    JobScope::of(envelope)
}

fn main() {}
