// The connection of a transaction is the crate's own.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Transaction, Writing};

fn lease(transaction: &Transaction<Tenant, Writing>) {
    let _ = &transaction.lease;
}

fn main() {}
