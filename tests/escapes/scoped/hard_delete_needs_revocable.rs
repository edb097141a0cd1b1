// What is not declared revocable is not taken away for good.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Transaction, Writing};
use cotenant_escapes::store;

fn erase(transaction: &Transaction<Tenant, Writing>) {
    let _ = transaction.revoke::<store::Entity>(Filter::all([]));
}

fn main() {}
