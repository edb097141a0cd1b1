// A reading transaction has no write.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Reading, Transaction};
use cotenant_escapes::store;

async fn insert(transaction: &Transaction<Tenant, Reading>, row: store::Model) {
    let _ = transaction.insert::<store::Entity>(row).await;
}

fn main() {}
