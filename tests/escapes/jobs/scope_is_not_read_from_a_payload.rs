// A payload is data: no scope is read from it.
use cotenant_domain::jobs::{Job, JobScope};
use serde::Deserialize;

fn forge(job: &Job) -> Option<JobScope> {
    JobScope::deserialize(&job.payload).ok()
}

fn main() {}
