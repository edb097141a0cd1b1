// What a feature exports to its own crate is exported no further.
use cotenant_domain::identity::verify;

fn main() {}
