// A transaction stays in its tenant.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Scope, Transaction, Writing};

fn turn(transaction: &mut Transaction<Tenant, Writing>, other: Scope) {
    transaction.scope = Some(other);
}

fn main() {}
