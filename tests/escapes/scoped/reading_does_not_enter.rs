// Nor does it step into another tenant.
use cotenant_scoped::door::Tenant;
use cotenant_scoped::{Reading, Scope, Transaction};

async fn enter(transaction: Transaction<Tenant, Reading>, scope: Scope) {
    let _ = transaction.enter(scope).await;
}

fn main() {}
