// A transaction that may read or write is one that reads.
use cotenant_escapes::store;
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Mode, Transaction};

async fn insert<M: Mode>(transaction: &Transaction<Tenant, M>, row: store::Model) {
    let _ = transaction.insert::<store::Entity>(row).await;
}

fn main() {}
