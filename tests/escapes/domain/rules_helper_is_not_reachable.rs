// The helper with which the domain's own tests make actors is not there for anybody else.
use cotenant_domain::identity::UserId;
use cotenant_domain::tenancy::Actor;
use cotenant_domain::tenants::TenantId;

fn forge(user: UserId, tenant: TenantId) -> Actor {
    Actor::for_rules(user, tenant, &[])
}

fn main() {}
