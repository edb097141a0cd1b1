// The platform's scope is not a tenant's.
use cotenant_domain::tenancy::PlatformScope;
use cotenant_domain::uow::PlatformUnit;

async fn enter(unit: Box<dyn PlatformUnit>, scope: &PlatformScope) {
    let _ = unit.enter(scope).await;
}

fn main() {}
