// A function over every permission gets what passing it gives, which is for the permission to say.
use cotenant_domain::tenancy::{Actor, Denied, Needs, TenantScope, Write};

fn authorize<N: Needs>(actor: &Actor, permission: N) -> Result<TenantScope<Write>, Denied> {
    actor.authorize(permission)
}

fn main() {}
