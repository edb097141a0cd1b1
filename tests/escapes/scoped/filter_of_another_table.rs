// A filter belongs to its table.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Filter, Reading, Transaction};
use cotenant_escapes::{product, store};

fn mix(transaction: &Transaction<Tenant, Reading>, filter: Filter<product::Entity>) {
    let _ = transaction.find::<store::Entity>().filter(filter);
}

fn main() {}
