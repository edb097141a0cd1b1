// A door that can be any opens to no table.
use cotenant_scoped::door::Door;
use cotenant_scoped::{Guarded, Reading, Transaction};

fn find<D: Door, E: Guarded>(transaction: &Transaction<D, Reading>) {
    let _ = transaction.find::<E>();
}

fn main() {}
