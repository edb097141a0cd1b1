// A world's operator steps into no tenant but by an act of the platform.
use cotenant_domain::shared::Reason;
use cotenant_domain::tenants::TenantId;
use cotenant_testkit::World;

async fn enter(world: &World, tenant: TenantId, reason: Reason) {
    let _ = world.operator().await.enter(tenant, reason);
}

fn main() {}
