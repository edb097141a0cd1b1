// In tests too, people sign in: the world makes no actor from ids.
use cotenant_domain::identity::UserId;
use cotenant_domain::tenancy::Actor;
use cotenant_domain::tenants::TenantId;
use cotenant_testkit::World;

fn forge(world: &World, user: UserId, tenant: TenantId) -> Actor {
    world.actor_of(user, tenant)
}

fn main() {}
