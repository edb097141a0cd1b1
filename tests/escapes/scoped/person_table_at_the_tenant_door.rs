// Nor to people.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Reading, Transaction};
use cotenant_escapes::user;

fn find(transaction: &Transaction<Tenant, Reading>) {
    let _ = transaction.find::<user::Entity>();
}

fn main() {}
