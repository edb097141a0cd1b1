// Knowing a tenant's id is not the right to work in it.
use cotenant_domain::tenants::TenantId;
use cotenant_domain::uow::Database;

async fn read(db: &dyn Database, tenant: TenantId) {
    let _ = db.read(&tenant).await;
}

fn main() {}
