// In a world, too, people sign in: ids make no actor.
use cotenant_domain::identity::UserId;
use cotenant_domain::tenants::TenantId;
use cotenant_testkit::World;

async fn forge(world: &World, user: UserId, tenant: TenantId) {
    let _ = world.actor(user, tenant).await;
}

fn main() {}
