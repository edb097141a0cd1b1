// The tenant door does not open to the platform's tables.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Reading, Transaction};
use cotenant_escapes::operator;

fn find(transaction: &Transaction<Tenant, Reading>) {
    let _ = transaction.find::<operator::Entity>();
}

fn main() {}
