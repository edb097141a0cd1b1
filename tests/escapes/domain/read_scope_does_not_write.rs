// The right to read begins no unit that writes.
use cotenant_domain::tenancy::{Read, TenantScope};
use cotenant_domain::uow::Database;

async fn write(db: &dyn Database, scope: &TenantScope<Read>) {
    let _ = db.write(scope).await;
}

fn main() {}
