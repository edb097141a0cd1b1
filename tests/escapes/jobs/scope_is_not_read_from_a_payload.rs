// A payload is data: no attempt is read from it.
use cotenant_domain::jobs::Attempt;
use serde::{Deserialize, Deserializer};

fn forge<'a, D: Deserializer<'a>>(payload: D) -> Option<Attempt<'a>> {
    Attempt::deserialize(payload).ok()
}

fn main() {}
