// The wrapper's connection has no name outside of it.
use cotenant_scoped::lease::Lease;

fn main() {}
