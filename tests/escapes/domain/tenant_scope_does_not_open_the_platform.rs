// The step from a tenant to the platform's records takes the platform's scope, and no scope of a tenant is one.
use cotenant_domain::tenancy::{TenantScope, Write};
use cotenant_domain::uow::WriteUnit;

async fn step(unit: Box<dyn WriteUnit>, scope: &TenantScope<Write>) {
    let _ = unit.platform(scope).await;
}

fn main() {}
