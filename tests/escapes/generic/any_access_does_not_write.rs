// A function over every access may not take it for the right to write.
use cotenant_domain::tenancy::TenantScope;
use cotenant_domain::uow::Database;

async fn write<A>(db: &dyn Database, scope: &TenantScope<A>) {
    let _ = db.write(scope).await;
}

fn main() {}
